"""Transactions that the books refuse, each with its code; nothing of them is kept."""

from __future__ import annotations

from typing import Any

import pytest
from webtest import TestApp

from tests.api.client import LEDGER, refused, send, transfer


def posting(account: str, amount: str, asset: str = "USD") -> dict[str, str]:
    return {"account": account, "asset": asset, "amount": amount}


REFUSED: dict[str, tuple[dict[str, Any], str, str | None]] = {
    "none": ({"postings": []}, "invalid_request", "/postings"),
    "a single one": ({"postings": [posting("assets:a", "1")]}, "invalid_request", "/postings"),
    "unbalanced": (
        {"postings": [posting("assets:a", "1"), posting("equity:b", "-2")]},
        "unbalanced",
        "/postings",
    ),
    "balanced only across assets": (
        {"postings": [posting("assets:a", "1"), posting("equity:b", "-1", "JPY")]},
        "unbalanced",
        "/postings",
    ),
    "one asset of two unbalanced": (
        {
            "postings": [
                *transfer()["postings"],
                posting("assets:a", "1", "JPY"),
                posting("assets:b", "-2", "JPY"),
            ]
        },
        "unbalanced",
        "/postings",
    ),
    "unknown asset": (
        {"postings": [posting("assets:a", "1"), posting("equity:b", "-1", "EUR")]},
        "unknown_asset",
        "/postings/1/asset",
    ),
    "no type to be told": (transfer("somewhere:else"), "unknown_account", None),
    "type of the word alone": (transfer("assetsX:a"), "unknown_account", None),
    "frozen": (transfer("assets:frozen"), "account_frozen", None),
    "closed": (transfer("assets:closed"), "account_closed", None),
    "below min": (transfer("expenses:x", "assets:empty", "0.01"), "insufficient_funds", None),
    "above max": (transfer("assets:empty", "equity:x", "5.01"), "limit_exceeded", None),
    "taken reference": (transfer(reference="taken"), "reference_exists", "/reference"),
    "empty reference": (transfer(reference=""), "invalid_request", "/reference"),
    "empty path": (transfer(""), "invalid_request", "/postings/0/account"),
    "bad time": (transfer(effective_at="2026-02-30"), "invalid_request", "/effective_at"),
    "51 keys": (transfer(metadata={str(n): "" for n in range(51)}), "invalid_request", "/metadata"),
}


@pytest.mark.parametrize("query", ["", "?dry_run=true"])
@pytest.mark.parametrize(("body", "code", "pointer"), REFUSED.values(), ids=REFUSED)
def test_a_refused_transaction_says_why(
    library: TestApp, body: dict[str, Any], code: str, pointer: str | None, query: str
) -> None:
    refused(send(library, "POST", f"{LEDGER}/transactions{query}", body), code, pointer)


@pytest.mark.parametrize(("body", "code"), [(each[0], each[1]) for each in REFUSED.values()], ids=REFUSED)
def test_a_refusal_leaves_its_key_free(library: TestApp, body: dict[str, Any], code: str) -> None:
    headers = {"Idempotency-Key": "refused"}
    for _ in range(2):
        refused(send(library, "POST", f"{LEDGER}/transactions", body, headers=headers), code)


def test_a_strict_ledger_opens_no_accounts_by_itself(library: TestApp) -> None:
    document = refused(
        send(library, "POST", "/v1/ledgers/strict/transactions", transfer()), "unknown_account"
    )
    assert document["account"] in ("assets:cash", "expenses:food")


def test_a_transaction_goes_to_its_own_ledger(library: TestApp) -> None:
    refused(send(library, "POST", "/v1/ledgers/none/transactions", transfer()), "ledger_not_found")


BAD_TIMES = [
    "2026-02-30",
    "0000-01-01",
    "2026-01-05T10:00:00",
    "9999-12-31T23:59:59-23:59",
    "",
    "now",
    "2026-01-05T10:00:60Z",
    "2026-01-05T10:00:00+99:99",
    "٢٠٢٦-01-05",
]


@pytest.mark.parametrize("text", BAD_TIMES)
def test_an_effective_time_that_is_none_is_refused(library: TestApp, text: str) -> None:
    answer = send(library, "POST", f"{LEDGER}/transactions", transfer(effective_at=text))
    refused(answer, "invalid_request", "/effective_at")


@pytest.mark.parametrize(
    ("code", "members"),
    [
        ("account_frozen", {"account": "assets:frozen"}),
        ("insufficient_funds", {"account": "assets:empty", "asset": "USD", "limit": "0.00"}),
    ],
)
def test_a_refusal_by_an_account_names_it(library: TestApp, code: str, members: dict[str, str]) -> None:
    body = transfer("expenses:x", members["account"], "1.00")
    document = refused(send(library, "POST", f"{LEDGER}/transactions", body), code)
    assert {name: document[name] for name in members} == members
