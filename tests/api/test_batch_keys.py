"""Idempotency in batches: a key for each item, and one for the whole."""

from __future__ import annotations

import json
from typing import Any

import pytest
from webtest import TestApp

from tests.api.client import LEDGER, account_url, get, post, refused, send, send_ok, transfer
from tests.api.conftest import everything
from tests.api.test_batches import MODES, URL, batch, results
from tests.ledger.threads import at_once

THREADS = 8
ONE = f"{LEDGER}/transactions"


def alone(app: TestApp, key: str, body: Any) -> Any:
    return send(app, "POST", ONE, body, headers={"Idempotency-Key": key})


@pytest.mark.parametrize("mode", MODES)
def test_an_item_that_came_before_is_answered_as_it_was(books: TestApp, mode: str) -> None:
    first = results(books, mode, [transfer(idempotency_key="a", metadata={"x": "y"}), transfer()])
    send_ok(books, "PATCH", f"{ONE}/{first[0]['transaction']['id']}", {"metadata": {"x": "z"}})
    before = everything(books)
    again = results(books, mode, [transfer(idempotency_key="a", metadata={"x": "y"})])
    assert again == first[:1]
    assert everything(books) == before
    both = results(books, mode, [transfer(amount="1.00"), transfer(idempotency_key="a", metadata={"x": "y"})])
    assert both[1] == first[0]
    assert get(books, "/accounts/assets:cash")["balances"]["USD"]["version"] == 3


@pytest.mark.parametrize("mode", MODES)
def test_an_item_is_the_same_request_alone_and_in_a_batch(books: TestApp, mode: str) -> None:
    early = alone(books, "early", transfer(reference="e")).json
    # Another spelling of the same JSON.
    late = json.dumps(transfer(reference="l"), separators=(",", ":"))
    body = f"""{{"transactions": [{{"idempotency_key": "early", {json.dumps(transfer(reference="e"))[1:]},
                                  {{"idempotency_key" : "l\\u0061te", {late[1:]}], "mode": "{mode}"}}"""
    found = send(books, "POST", URL, body.encode()).json["results"]
    assert found[0] == {"status": 201, "transaction": early}
    again = alone(books, "late", transfer(reference="l"))
    assert again.headers["Idempotency-Replayed"] == "true"
    assert {"status": again.status_int, "transaction": again.json} == found[1]


def test_a_key_with_another_body_is_reused(books: TestApp) -> None:
    alone(books, "a", transfer())
    before = everything(books)
    other = transfer(amount="1.00", idempotency_key="a")
    document = refused(
        batch(books, "atomic", [transfer(), other, transfer()]),
        "idempotency_key_reused",
        "/transactions/1/idempotency_key",
    )
    assert document["index"] == 1
    assert everything(books) == before
    found = results(books, "each", [transfer(), other, transfer()])
    assert [each["status"] for each in found] == [201, 422, 201]
    assert found[1]["problem"]["code"] == "idempotency_key_reused"


def test_a_key_of_another_kind_of_request_is_reused(books: TestApp) -> None:
    send(books, "POST", f"{LEDGER}/assets", {"code": "EUR", "scale": 2}, headers={"Idempotency-Key": "a"})
    found = results(books, "each", [transfer(idempotency_key="a")])
    assert found[0]["problem"]["code"] == "idempotency_key_reused"


@pytest.mark.parametrize("mode", MODES)
def test_a_key_that_occurs_twice_is_one_request(books: TestApp, mode: str) -> None:
    items = [transfer(idempotency_key="a"), transfer(), transfer(idempotency_key="a")]
    found = results(books, mode, items)
    assert found[0] == found[2] != found[1]
    assert get(books, "/accounts/assets:cash")["balances"]["USD"]["version"] == 2


def test_a_key_that_occurs_twice_for_different_items_is_reused(books: TestApp) -> None:
    items = [transfer(idempotency_key="a"), transfer(amount="1.00", idempotency_key="a")]
    document = refused(batch(books, "atomic", items), "idempotency_key_reused")
    assert document["index"] == 1
    assert get(books, "/transactions")["data"] == []
    assert [each["status"] for each in results(books, "each", items)] == [201, 422]


def test_the_key_of_a_refused_item_is_free(books: TestApp) -> None:
    send_ok(
        books, "POST", f"{LEDGER}/accounts", {"path": "assets:till", "limits": {"USD": {"min": "0"}}}, 201
    )
    take = transfer("expenses:food", "assets:till", "5.00", idempotency_key="a")
    bring = transfer("assets:till", "equity:x", "5.00")
    found = results(books, "each", [take, bring, take, take, transfer(amount="0", idempotency_key="b")])
    assert [each["status"] for each in found] == [422, 201, 201, 201, 422]
    assert found[2] == found[3]
    assert alone(books, "b", transfer()).status_int == 201
    # Nor does an atomic batch keep a key when another item is refused.
    refused(
        batch(books, "atomic", [transfer(idempotency_key="c"), take, take | {"idempotency_key": "d"}]),
        "insufficient_funds",
    )
    assert "Idempotency-Replayed" not in alone(books, "c", transfer()).headers


def test_another_item_may_take_the_key_of_a_refused_one(books: TestApp) -> None:
    send_ok(
        books, "POST", f"{LEDGER}/accounts", {"path": "assets:till", "limits": {"USD": {"min": "0"}}}, 201
    )
    take = transfer("expenses:food", "assets:till", "5.00", idempotency_key="a")
    found = results(books, "each", [take, transfer(idempotency_key="a")])
    assert [each["status"] for each in found] == [422, 201]
    assert alone(books, "a", transfer()).json == found[1]["transaction"]


@pytest.mark.parametrize("key", [None, "!", "~" * 255])
def test_a_key_is_visible_ascii_or_null(books: TestApp, key: str | None) -> None:
    found = [results(books, "atomic", [transfer(idempotency_key=key)])[0] for _ in range(2)]
    assert (found[0] == found[1]) is (key is not None)


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 256, "café", "a\tb"])
def test_anything_else_is_no_key(library: TestApp, key: str) -> None:
    answer = batch(library, "atomic", [transfer(), transfer(idempotency_key=key)])
    refused(answer, "invalid_request", "/transactions/1/idempotency_key")


HEADER = {"Idempotency-Key": "whole"}


@pytest.mark.parametrize("mode", MODES)
def test_a_whole_batch_is_answered_again(books: TestApp, mode: str) -> None:
    items = [transfer(), transfer(idempotency_key="a"), transfer("nowhere" if mode == "each" else "assets:x")]
    first = batch(books, mode, items, headers=HEADER)
    assert first.status_int == (200 if mode == "each" else 201)
    assert "Idempotency-Replayed" not in first.headers
    send_ok(books, "PATCH", account_url("assets:cash"), {"status": "closed"})
    after = everything(books)
    again = batch(books, mode, items, headers=HEADER)
    assert (again.status_int, again.body) == (first.status_int, first.body)
    assert again.headers["Idempotency-Replayed"] == "true"
    refused(batch(books, mode, items[:1], headers=HEADER), "idempotency_key_reused")
    assert everything(books) == after


def test_a_refused_batch_leaves_its_key_free(books: TestApp) -> None:
    refused(batch(books, "atomic", [transfer(), transfer("nowhere")], headers=HEADER), "unknown_account")
    answer = batch(books, "atomic", [transfer()], headers=HEADER)
    assert answer.status_int == 201
    assert "Idempotency-Replayed" not in answer.headers


def test_the_key_of_the_whole_is_none_for_an_item(books: TestApp) -> None:
    answer = batch(books, "each", [transfer(idempotency_key="whole"), transfer()], headers=HEADER)
    assert [each["status"] for each in answer.json["results"]] == [422, 201]
    assert answer.json["results"][0]["problem"]["code"] == "idempotency_key_reused"


@pytest.mark.parametrize("headers", [{}, HEADER], ids=["keys of items", "key of the whole too"])
@pytest.mark.parametrize("mode", MODES)
def test_deliveries_at_once_are_one(books: TestApp, mode: str, headers: dict[str, str]) -> None:
    post(books)
    items = [transfer(f"expenses:{number}", idempotency_key=f"key-{number}") for number in range(10)]
    if mode == "each":
        items.insert(3, transfer("nowhere", idempotency_key="bad"))

    def deliver(number: int) -> tuple[int, list[Any]]:
        answer = batch(TestApp(books.app), mode, items, headers=headers)
        return answer.status_int, [each.get("transaction") for each in answer.json["results"]]

    answers = at_once(THREADS, deliver)
    assert [each for each in answers if each != answers[0]] == []
    assert get(books, "/accounts/assets:cash")["balances"]["USD"]["version"] == 11
