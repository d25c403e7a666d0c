"""Our own format: out and in again gives the same books, and nothing that is not right comes in."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import select
from webtest import TestApp, TestResponse

from myapp.db import unit_of_work
from myapp.ledger.holds.tables import HoldPosting
from myapp.ledger.tables import Ledger
from tests.databases import Database
from tests.interchange import living_books, odd_books
from tests.interchange.exports import export
from tests.interchange.imports import ADDRESS

OTHER = "/v1/ledgers/others"


@pytest.fixture
def empty(app: TestApp) -> TestApp:
    """The same application with an empty ledger besides."""
    app.post_json("/v1/ledgers", {"name": "others"}, status=201)
    return app


def take_in(
    app: TestApp, data: bytes, *, status: int | str, address: str = OTHER, query: str = ""
) -> TestResponse:
    headers = {"Content-Type": "application/x-ndjson"}
    return app.post(f"{address}/import?format=ndjson{query}", data, headers=headers, status=status)


def assert_green(app: TestApp, address: str = OTHER) -> None:
    found = app.get(f"{address}/verify", status=200).json
    assert found["ok"], [each for each in found["checks"] if not each["ok"]]


def everything(app: TestApp, address: str) -> dict[str, Any]:
    """Return all that can be read of a ledger, but its name."""
    lists = ("assets", "accounts", "transactions", "balances", "holds")
    found = {name: app.get(f"{address}/{name}?limit=500").json for name in lists}
    paths = [each["path"] for each in found["accounts"]["data"]]
    found["book"] = app.get(address).json
    found["each"] = [app.get(f"{address}/accounts/{path}").json for path in paths]
    return dict(json.loads(json.dumps(found).replace('"others"', '"books"')))


def test_the_books_are_the_same_again(empty: TestApp) -> None:
    living_books.fill(empty)
    out = export(empty, "ndjson").body
    summary = take_in(empty, out, status=201).json
    assert summary == {"transactions": 14, "accounts": 6, "assets": 2, "skipped": 0}
    assert export(empty, "ndjson", OTHER).body == out
    assert everything(empty, OTHER) == everything(empty, ADDRESS)
    assert_green(empty)


def test_books_with_odd_words_are_the_same_again(empty: TestApp, database: Database) -> None:
    odd_books.fill(database)
    out = export(empty, "ndjson").body
    take_in(empty, out, status=201)
    assert export(empty, "ndjson", OTHER).body == out
    assert_green(empty)


def test_what_comes_after_goes_on_from_there(empty: TestApp) -> None:
    living_books.fill(empty)
    take_in(empty, export(empty, "ndjson").body, status=201)
    for address in (ADDRESS, OTHER):
        body = living_books.transfer(20, debit="expenses:new")
        made = empty.post_json(f"{address}/transactions", body, status=201).json
        assert [each["version"] for each in made["postings"]][1] > 10
        (hold,) = empty.get(f"{address}/holds?status=open&limit=1").json["data"]
        empty.post_json(f"{address}/holds/{hold['id']}/capture", {}, status=201)
        assert_green(empty, address)


def test_a_second_import_of_the_same_books_is_refused(empty: TestApp) -> None:
    living_books.fill(empty)
    out = export(empty, "ndjson").body
    before = everything(empty, ADDRESS)
    refused = take_in(empty, out, status=409, address=ADDRESS).json
    assert refused["code"] == "transaction_exists"
    assert b'"record":"transaction"' in out.splitlines()[refused["line"] - 1]
    assert everything(empty, ADDRESS) == before


def test_books_are_added_to_those_that_are_there(empty: TestApp) -> None:
    living_books.fill(empty)
    out = export(empty, "ndjson").body
    empty.post_json(f"{OTHER}/assets", living_books.USD, status=201)
    empty.post_json(f"{OTHER}/accounts", {"path": "assets:cash"}, status=201)
    empty.post_json(f"{OTHER}/accounts", {"path": "assets:own"}, status=201)
    own = {**living_books.held("1.00"), "reference": "own"}
    empty.post_json(f"{OTHER}/transactions", own, status=201)
    summary = take_in(empty, out, status=201).json
    assert summary == {"transactions": 14, "accounts": 4, "assets": 1, "skipped": 0}
    assert_green(empty)
    ours, theirs = (everything(empty, address) for address in (ADDRESS, OTHER))
    kept = ("id", "kind", "description", "reference", "effective_at", "metadata", "reverses", "reversed_by")
    told = [
        {each["id"]: {name: each[name] for name in kept} for each in books["transactions"]["data"]}
        for books in (ours, theirs)
    ]
    assert {number: told[1][number] for number in told[0]} == told[0]
    fields = ("id", "status", "remaining", "captures", "expires_at", "reference", "postings")
    assert [[each[name] for name in fields] for each in reversed(theirs["holds"]["data"])] == [
        [each[name] for name in fields] for each in reversed(ours["holds"]["data"])
    ]
    states = {each["path"]: (each["status"], each["limits"]) for each in ours["accounts"]["data"]}
    states |= {"assets:cash": ("open", {}), "assets:own": ("open", {}), "assets:bank": ("open", {})}
    assert {each["path"]: (each["status"], each["limits"]) for each in theirs["accounts"]["data"]} == states


def lapsed(lines: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the line of the hold whose time is over, though nobody has given it back."""
    (line,) = (each for each in lines if each.get("description") == "Lapsed")
    return line


def test_what_has_expired_is_written_as_such_and_set_aside_by_no_import(empty: TestApp) -> None:
    living_books.fill(empty)
    lines = [json.loads(line) for line in export(empty, "ndjson").body.splitlines()]
    assert lapsed(lines)["status"] == "expired"
    assert {each["remaining"] for each in lapsed(lines)["postings"]} == {"0.00"}
    # As it was written before its time was over.
    lapsed(lines)["status"] = "open"
    for each in lapsed(lines)["postings"]:
        each["remaining"] = each["amount"]
    empty.post_json(f"{OTHER}/accounts", {"path": "assets:own"}, status=201)
    take_in(empty, b"".join(json.dumps(line).encode() + b"\n" for line in lines), status=201)
    with unit_of_work(empty.app.registry["dbsession_factory"]) as session:
        own = select(Ledger.id).where(Ledger.name == "others").scalar_subquery()
        held = select(HoldPosting.remaining).where(HoldPosting.ledger_id == own, HoldPosting.amount == 600)
        assert session.scalars(held).all() == [0]
    assert_green(empty)


def test_a_dry_run_keeps_nothing(empty: TestApp) -> None:
    living_books.fill(empty)
    out, before = export(empty, "ndjson").body, everything(empty, OTHER)
    assert take_in(empty, out, status=200, query="&dry_run=true").json["transactions"] == 14
    assert everything(empty, OTHER) == before
