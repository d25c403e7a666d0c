"""A journal with one bad record is refused whole: the answer names the record, and nothing is kept."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any

import pytest
from webtest import TestApp

from myapp.db import DbSettings, SessionFactory, make_engine, throwaway, unit_of_work
from myapp.interchange.importing import CHUNK, ImportOptions, ImportSummary, import_journal, read_journal
from myapp.interchange.readers import READERS
from myapp.ledger.rules import POSTINGS_MAX
from tests.databases import Database
from tests.interchange.imports import ADDRESS, LEDGER, assert_empty, document, listed, record, send
from tests.ledger.threads import wait_until_someone_waits

BEANCOUNT = b"""
2024-01-01 open Assets:Cash
2024-01-01 open Expenses:Food

2024-02-01 * "fine"
  Expenses:Food  12.50 EUR
  Assets:Cash

2024-02-02 * "bad"
  Expenses:Food  12.50 EUR
  Assets:Cash   -12.00 EUR

2024-02-03 * "fine"
  Expenses:Food  12.50 EUR
  Assets:Cash
"""


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        ({}, "invalid_request"),
        (record(tdate="2024-02-30"), "invalid_request"),
        (record(other_amount=-1249), "unbalanced"),
        (record(account="expenses::food"), "invalid_request"),
        (record(commodity="E R"), "invalid_request"),
        (record(commodity=""), "invalid_amount"),
        (record(account="what:ever"), "unknown_account"),
        (record(1, places=19, commodity="X"), "amount_out_of_range"),
        (record(2**63, places=0, commodity="X"), "amount_out_of_range"),
        (record(tdescription="\0"), "invalid_request"),
        (record(tdescription="x" * 10_001), "invalid_request"),
        (record(ttags=[["a", "x" * 10_001]]), "invalid_request"),
        (record(ttags=[[str(number), ""] for number in range(51)]), "invalid_request"),
    ],
)
def test_a_bad_record_is_named_and_nothing_is_imported(app: TestApp, bad: dict[str, Any], code: str) -> None:
    refused = send(app, document(record(), bad, record()), status=422).json
    assert (refused["code"], refused["index"]) == (code, 1)
    assert "index 1" in refused["detail"]
    assert_empty(app)


def test_a_bad_line_of_beancount_is_named_and_nothing_is_imported(app: TestApp) -> None:
    pytest.importorskip("beancount", reason="beancount is an optional extra")
    refused = send(app, BEANCOUNT, status=422, format="beancount").json
    assert (refused["code"], refused["line"]) == ("unbalanced", 9)
    assert_empty(app)


@pytest.mark.parametrize("data", [b"", b"{", b"[1,", b"\xff", b"NaN", b"[" * 100_000])
def test_what_is_not_json_is_malformed(app: TestApp, data: bytes) -> None:
    assert send(app, data, status=400).json["code"] == "malformed_json"
    assert_empty(app)


def test_json_of_another_kind_is_refused(app: TestApp) -> None:
    assert send(app, b'{"a": 1}', status=422).json["code"] == "invalid_request"


def test_a_sum_beyond_64_bits_names_the_record(app: TestApp) -> None:
    half = record(2**62, places=0, commodity="X")
    refused = send(app, document(half, half, record()), status=422).json
    assert (refused["code"], refused["index"]) == ("amount_out_of_range", 1)
    assert_empty(app)


CSV = "transaction,effective_at,account,asset,amount\n"


def test_what_a_request_may_not_post_no_file_may_either(app: TestApp) -> None:
    rows = "1,2026-01-01,assets:a,EUR,1\n1,,equity:b,EUR,-1\n"
    many = CSV + "0,2026-01-01,assets:a,EUR,1\n0,,equity:b,EUR,-1\n" + rows * (POSTINGS_MAX // 2) + rows
    refused = send(app, many.encode(), status=422, format="csv").json
    assert (refused["code"], refused["line"]) == ("invalid_request", 4)
    most = 2**63 - 1
    large = "".join(
        f"1,2026-01-01,{path}:{sign}{side},X,{sign}{most}\n" for path, sign in SIDES for side in "ab"
    )
    refused = send(app, (CSV + large).encode(), status=422, format="csv").json
    assert (refused["code"], refused["line"]) == ("amount_out_of_range", 2)
    assert_empty(app)


SIDES = (("assets", ""), ("equity", "-"))


def test_the_first_account_without_a_type_is_named(app: TestApp) -> None:
    others = [record(account=f"what:{number}") for number in range(20)]
    refused = send(app, document(record(), *others), status=422).json
    assert (refused["code"], refused["account"], refused["index"]) == ("unknown_account", "what:0", 1)
    assert "default_type" in refused["detail"]


def test_more_accounts_without_a_type_than_a_statement_takes_parameters(app: TestApp) -> None:
    legs = [leg for number in range(33_000) for leg in record(account=f"what:{number}")["tpostings"]]
    refused = send(app, document({**record(), "tpostings": legs}), status=422).json
    assert refused["account"] == "what:0"


def test_an_account_that_is_open_needs_no_default_type(app: TestApp) -> None:
    app.post_json(f"{ADDRESS}/accounts", {"path": "what:ever", "type": "expense"}, status=201)
    assert send(app, document(record(account="what:ever")), status=201).json["accounts"] == 1


def test_a_limit_names_the_record_that_would_pass_it(app: TestApp) -> None:
    app.post_json(f"{ADDRESS}/assets", {"code": "EUR", "scale": 2}, status=201)
    account = {"path": "assets:cash", "limits": {"EUR": {"min": "-20"}}}
    app.post_json(f"{ADDRESS}/accounts", account, status=201)
    refused = send(app, document(record(), record(750), record(1), record(-9)), status=422).json
    assert (refused["code"], refused["index"]) == ("insufficient_funds", 2)
    assert (refused["account"], refused["limit"]) == ("assets:cash", "-20.00")
    assert (refused["available"], refused["requested"]) == ("-20.00", "0.01")
    assert listed(app, "transactions") == []
    assert [each["path"] for each in listed(app, "accounts")] == ["assets:cash"]


@pytest.mark.parametrize(("status", "code"), [("frozen", "account_frozen"), ("closed", "account_closed")])
def test_an_account_that_takes_no_postings_names_the_record(app: TestApp, status: str, code: str) -> None:
    app.post_json(f"{ADDRESS}/accounts", {"path": "assets:ice"}, status=201)
    app.patch_json(f"{ADDRESS}/accounts/assets:ice", {"status": status}, status=200)
    refused = send(app, document(record(), record(other="assets:ice"), record()), status=409).json
    assert (refused["code"], refused["account"], refused["index"]) == (code, "assets:ice", 1)
    assert listed(app, "transactions") == listed(app, "assets") == []


def test_a_strict_ledger_names_the_record_whose_account_is_missing(app: TestApp) -> None:
    app.patch_json(ADDRESS, {"strict_accounts": True}, status=200)
    for path in ("assets:cash", "expenses:food"):
        app.post_json(f"{ADDRESS}/accounts", {"path": path}, status=201)
    refused = send(app, document(record(), record(account="expenses:fun")), status=422).json
    assert (refused["code"], refused["account"], refused["index"]) == ("unknown_account", "expenses:fun", 1)
    assert listed(app, "transactions") == listed(app, "assets") == []


def test_an_asset_with_fewer_decimals_refuses_more(app: TestApp) -> None:
    app.post_json(f"{ADDRESS}/assets", {"code": "EUR", "scale": 1}, status=201)
    refused = send(app, document(record(1250), record(1251)), status=422).json
    assert (refused["code"], refused["index"]) == ("invalid_amount", 1)
    assert listed(app, "transactions") == listed(app, "accounts") == []


def test_an_asset_with_more_decimals_takes_fewer(app: TestApp) -> None:
    app.post_json(f"{ADDRESS}/assets", {"code": "EUR", "scale": 4}, status=201)
    send(app, document(record()), status=201)
    assert app.get(f"{ADDRESS}/balances").json["data"][0]["balances"] == {"EUR": "-12.5000"}


def test_a_record_behind_the_first_statement_is_named_too(app: TestApp) -> None:
    many = [record(1) for _ in range(CHUNK + 50)]
    app.post_json(f"{ADDRESS}/assets", {"code": "EUR", "scale": 2}, status=201)
    account = {"path": "assets:cash", "limits": {"EUR": {"min": "-10.20"}}}
    app.post_json(f"{ADDRESS}/accounts", account, status=201)
    refused = send(app, document(*many), status=422).json
    assert (refused["code"], refused["index"]) == ("insufficient_funds", 1_020)
    assert CHUNK < 1_020
    assert listed(app, "transactions") == []


def test_a_ledger_that_is_not_there_is_not_found(app: TestApp) -> None:
    address = "/v1/ledgers/other/import?format=hledger-json"
    refused = app.post(address, document(record()), {"Content-Type": "application/json"}, status=404)
    assert refused.json["code"] == "ledger_not_found"


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
def test_two_imports_that_declare_the_same_asset_both_succeed(app: TestApp, database: Database) -> None:
    journal = read_journal(READERS["hledger-json"], document(record()))
    done: list[ImportSummary] = []

    def import_() -> None:
        with throwaway(database.url) as session:
            summary = import_journal(
                session, LEDGER, journal, ImportOptions(), now=datetime.now(UTC), actor="test"
            )
        done.append(summary)

    engine = make_engine(DbSettings(engine_options={"url": database.url}))
    thread = threading.Thread(target=import_)
    with unit_of_work(SessionFactory(engine)) as session:
        import_journal(session, LEDGER, journal, ImportOptions(), now=datetime.now(UTC), actor="test")
        thread.start()
        wait_until_someone_waits(session.connection())
    thread.join()
    engine.dispose()

    assert [(each.transactions, each.assets) for each in done] == [(1, 0)]
    assert len(listed(app, "transactions")) == 2
