"""What an import answers: its summary, the same for a dry run; the first one again for a key."""

from __future__ import annotations

import pytest
from webtest import TestApp

from tests.interchange.imports import ADDRESS, assert_empty, document, listed, record, send

SUMMARY = {"transactions": 2, "accounts": 3, "assets": 1, "skipped": 1}
JOURNAL = document(record(), record(0), record(100, account="expenses:fun"))


def test_an_import_is_summed_up(app: TestApp) -> None:
    assert send(app, JOURNAL, status=201).json == SUMMARY
    assert [len(listed(app, what)) for what in ("transactions", "accounts", "assets")] == [2, 3, 1]


def test_an_empty_journal_is_an_import_of_nothing(app: TestApp) -> None:
    nothing = {"transactions": 0, "accounts": 0, "assets": 0, "skipped": 0}
    assert send(app, b"[]", status=201).json == nothing


def test_a_dry_run_answers_the_same_and_keeps_nothing(app: TestApp) -> None:
    assert send(app, JOURNAL, status=200, dry_run="true").json == SUMMARY
    assert_empty(app)


def test_a_dry_run_refuses_what_an_import_refuses(app: TestApp) -> None:
    bad = document(record(), record(account="what:ever"))
    dry, real = send(app, bad, status=422, dry_run="true").json, send(app, bad, status=422).json
    assert {**dry, "request_id": ""} == {**real, "request_id": ""}


def test_the_same_key_is_one_import(app: TestApp) -> None:
    first = send(app, JOURNAL, status=201, headers={"Idempotency-Key": "once"})
    again = send(app, JOURNAL, status=201, headers={"Idempotency-Key": "once"})
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json == first.json == SUMMARY
    assert len(listed(app, "transactions")) == 2


@pytest.mark.parametrize("other", [document(record()), JOURNAL])
def test_the_same_key_for_another_import_is_refused(app: TestApp, other: bytes) -> None:
    send(app, JOURNAL, status=201, headers={"Idempotency-Key": "once"})
    options = {} if other != JOURNAL else {"default_type": "asset"}
    refused = send(app, other, status=422, headers={"Idempotency-Key": "once"}, **options)
    assert refused.json["code"] == "idempotency_key_reused"
    assert len(listed(app, "transactions")) == 2


def test_a_refused_import_leaves_its_key_free(app: TestApp) -> None:
    send(app, document(record(), {}), status=422, headers={"Idempotency-Key": "once"})
    send(app, b"[", status=400, headers={"Idempotency-Key": "once"})
    assert send(app, JOURNAL, status=201, headers={"Idempotency-Key": "once"}).json == SUMMARY


def test_a_dry_run_uses_no_key(app: TestApp) -> None:
    send(app, JOURNAL, status=200, headers={"Idempotency-Key": "once"}, dry_run="1")
    assert send(app, JOURNAL, status=201, headers={"Idempotency-Key": "once"}).json == SUMMARY


def test_a_number_of_more_than_64_bits_can_be_imported_with_a_key(app: TestApp) -> None:
    # hledger writes 12.5 with as many places as a division gave it.
    exact = document(record(125 * 10**30, places=31))
    assert send(app, exact, status=201, headers={"Idempotency-Key": "once"}).json["transactions"] == 1
    (transaction,) = listed(app, "transactions")
    assert {each["amount"] for each in transaction["postings"]} == {"12.50", "-12.50"}


@pytest.mark.parametrize("query", ["", "?format=", "?format=ledger", "?format=HLEDGER-JSON"])
def test_an_unknown_format_is_refused(app: TestApp, query: str) -> None:
    refused = app.post(f"{ADDRESS}/import{query}", b"[]", {"Content-Type": "application/json"}, status=400)
    assert refused.json["code"] == "invalid_parameter"
    assert "hledger-json" in refused.json["detail"]


@pytest.mark.parametrize(
    "query", [{"default_type": "money"}, {"dry_run": "maybe"}, {"default_tpye": "asset"}]
)
def test_a_parameter_that_cannot_be_read_is_refused(app: TestApp, query: dict[str, str]) -> None:
    assert send(app, JOURNAL, status=400, **query).json["code"] == "invalid_parameter"
    assert_empty(app)


@pytest.mark.parametrize("default_asset", ["a b", "x" * 33, '"'])
def test_a_default_asset_that_is_no_code_is_refused(app: TestApp, default_asset: str) -> None:
    bare = document(record(commodity=""))
    assert send(app, bare, status=422, default_asset=default_asset).json["code"] == "invalid_request"


@pytest.mark.parametrize(
    "media_type",
    ["application/json", "text/plain", "text/csv", "application/x-ndjson", "text/plain; charset=utf-8"],
)
def test_a_journal_may_be_declared_as_what_it_is(app: TestApp, media_type: str) -> None:
    assert send(app, JOURNAL, status=201, headers={"Content-Type": media_type}).json == SUMMARY


@pytest.mark.parametrize(
    "media_type", ["application/octet-stream", "text/html", "application/x-www-form-urlencoded"]
)
def test_another_media_type_is_refused(app: TestApp, media_type: str) -> None:
    refused = send(app, JOURNAL, status=415, headers={"Content-Type": media_type})
    assert refused.json["code"] == "unsupported_media_type"
    assert_empty(app)
