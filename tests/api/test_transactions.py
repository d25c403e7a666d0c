"""Posting and reading transactions."""

from __future__ import annotations

from webtest import TestApp

LEDGER = "/v1/ledgers/books"


def lunch(amount: str = "12.50", **more: object) -> dict[str, object]:
    postings = [
        {"account": "expenses:food", "asset": "USD", "amount": amount},
        {"account": "assets:cash", "asset": "USD", "amount": "-" + amount},
    ]
    return {"postings": postings, **more}


def test_a_posted_transaction_is_answered_and_read_back_the_same(books: TestApp) -> None:
    sent = lunch(
        description="Lunch", reference="inv-1", effective_at="2026-01-05", metadata={"trip": "berlin"}
    )
    made = books.post_json(f"{LEDGER}/transactions", sent, status=201)
    assert made.json["effective_at"] == "2026-01-05T00:00:00Z"
    assert made.json["postings"][1]["balance"] == "-12.50"
    assert made.json["postings"][1]["version"] == 1
    assert books.get(made.headers["Location"], status=200).json == made.json


def test_versions_and_balances_run_on(books: TestApp) -> None:
    for _ in range(3):
        made = books.post_json(f"{LEDGER}/transactions", lunch(), status=201)
    assert made.json["postings"][0] == {
        "account": "expenses:food",
        "asset": "USD",
        "amount": "12.50",
        "balance": "37.50",
        "version": 3,
    }
    account = books.get(f"{LEDGER}/accounts/assets:cash").json
    assert account["balances"]["USD"]["balance"] == "-37.50"


def test_the_same_key_is_answered_with_the_first_transaction(books: TestApp) -> None:
    headers = {"Idempotency-Key": "once"}
    first = books.post_json(f"{LEDGER}/transactions", lunch(), headers=headers, status=201)
    again = books.post_json(f"{LEDGER}/transactions", lunch(), headers=headers, status=201)
    assert again.json == first.json
    assert again.headers["Idempotency-Replayed"] == "true"
    other = books.post_json(f"{LEDGER}/transactions", lunch("1.00"), headers=headers, status=422)
    assert other.json["code"] == "idempotency_key_reused"


def test_a_limit_refuses_exactly(books: TestApp) -> None:
    account = {"path": "assets:cash", "limits": {"USD": {"min": "0"}}}
    books.post_json(f"{LEDGER}/accounts", account, status=201)
    refused = books.post_json(f"{LEDGER}/transactions", lunch("0.01"), status=422).json
    assert (refused["code"], refused["account"], refused["limit"]) == (
        "insufficient_funds",
        "assets:cash",
        "0.00",
    )
    assert (refused["available"], refused["requested"]) == ("0.00", "0.01")
    assert books.get(f"{LEDGER}/transactions").json["data"] == []
