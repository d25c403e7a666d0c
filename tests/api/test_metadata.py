"""Metadata is merged on PATCH: given keys replace, null removes, the rest stays."""

from __future__ import annotations

from typing import Any

import pytest
from webtest import TestApp

from tests.api.client import LEDGER, account_url, get, post, refused, send, send_ok

STEPS: list[tuple[dict[str, str | None], dict[str, str]]] = [
    ({}, {"a": "1", "b": "2"}),
    ({"b": "3", "c": ""}, {"a": "1", "b": "3", "c": ""}),
    ({"a": None, "none": None}, {"b": "3", "c": ""}),
    ({"\u00e9/~ .": "\U0001f600"}, {"b": "3", "c": "", "\u00e9/~ .": "\U0001f600"}),
    ({"b": None, "c": None, "\u00e9/~ .": None}, {}),
    ({str(n): "" for n in range(50)}, {str(n): "" for n in range(50)}),
]


def urls(app: TestApp) -> list[str]:
    transaction = post(app, metadata={"a": "1", "b": "2"})
    account = {"path": "assets:new", "metadata": {"a": "1", "b": "2"}}
    send_ok(app, "POST", f"{LEDGER}/accounts", account, 201)
    send_ok(app, "PATCH", LEDGER, {"metadata": {"a": "1", "b": "2"}})
    return [f"{LEDGER}/transactions/{transaction['id']}", account_url("assets:new"), LEDGER]


def test_a_change_of_metadata_is_merged(books: TestApp) -> None:
    for url in urls(books):
        for change, expected in STEPS:
            changed = send_ok(books, "PATCH", url, {"metadata": change})
            assert changed["metadata"] == expected
            assert send_ok(books, "GET", url) == changed
        refused(send(books, "PATCH", url, {"metadata": {"51": ""}}), "invalid_request", "/metadata")
        refused(send(books, "PATCH", url, {"metadata": {"0": "\0"}}), "invalid_request", "/metadata/0")
        refused(send(books, "PATCH", url, {"metadata": {"0": 1}}), "invalid_request", "/metadata")
        assert send_ok(books, "GET", url)["metadata"] == expected


def test_nothing_but_metadata_of_a_transaction_can_change(library: TestApp) -> None:
    transaction: dict[str, Any] = get(library, "/transactions")["data"][0]
    for field, value in transaction.items():
        if field != "metadata":
            answer = send(
                library, "PATCH", f"{LEDGER}/transactions/{transaction['id']}", {field: value, "metadata": {}}
            )
            refused(answer, "invalid_request", f"/{field}")


def test_changed_metadata_is_what_the_list_filters_by(books: TestApp) -> None:
    made = post(books, metadata={"trip": "berlin"})
    send_ok(books, "PATCH", f"{LEDGER}/transactions/{made['id']}", {"metadata": {"trip": "rome"}})
    assert get(books, "/transactions?metadata.trip=berlin")["data"] == []
    (found,) = get(books, "/transactions?metadata.trip=rome")["data"]
    assert found == {**made, "metadata": {"trip": "rome"}}


@pytest.mark.parametrize("body", [{}, {"metadata": None}, {"metadata": []}, {"metadata": "x"}])
def test_a_change_of_a_transaction_gives_metadata(library: TestApp, body: object) -> None:
    transaction = get(library, "/transactions")["data"][0]
    answer = send(library, "PATCH", f"{LEDGER}/transactions/{transaction['id']}", body)
    refused(answer, "invalid_request", "/metadata")


def test_a_filter_is_no_longer_than_what_is_stored(books: TestApp) -> None:
    assert get(books, f"/transactions?metadata.trip={'x' * 10_000}")["data"] == []
    refused(send(books, "GET", f"{LEDGER}/transactions?metadata.trip={'x' * 10_001}"), "invalid_parameter")
