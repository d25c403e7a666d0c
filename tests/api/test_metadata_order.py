"""Metadata is answered in the order of its keys: at first, again, and whenever it is read."""

from __future__ import annotations

from typing import Any

import pytest
from webtest import TestApp

from tests.api.client import LEDGER, account_url, send, transfer

METADATA = {"zz": "1", "b": "2", "aaa": "3"}


@pytest.mark.parametrize(
    ("url", "body"),
    [
        (f"{LEDGER}/transactions", transfer()),
        (f"{LEDGER}/holds", transfer()),
        (f"{LEDGER}/accounts", {"path": "assets:tin"}),
        ("/v1/ledgers", {"name": "more", "assets": [{"code": "USD", "scale": 2}]}),
    ],
)
def test_it_is_answered_in_the_order_of_its_keys(books: TestApp, url: str, body: dict[str, Any]) -> None:
    asked = {**body, "metadata": METADATA}
    first, again = (send(books, "POST", url, asked, headers={"Idempotency-Key": "m"}) for _ in range(2))
    assert first.status_int == 201
    assert list(first.json["metadata"]) == ["aaa", "b", "zz"]
    assert again.body == first.body


def test_it_is_read_and_changed_in_the_order_of_its_keys(books: TestApp) -> None:
    send(books, "POST", f"{LEDGER}/accounts", {"path": "assets:tin", "metadata": METADATA})
    changed = send(books, "PATCH", account_url("assets:tin"), {"metadata": {"c": "4", "b": None}})
    assert list(changed.json["metadata"]) == ["aaa", "c", "zz"]
    assert list(send(books, "GET", account_url("assets:tin")).json["metadata"]) == ["aaa", "c", "zz"]
