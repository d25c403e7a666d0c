"""Limits are exact near the end of 64 bits, and asked before the range is."""

from __future__ import annotations

from typing import Any

import pytest
from webtest import TestApp

from tests.api.client import LEDGER, account_url, refused, send, send_ok

WHOLE = 10**18


@pytest.fixture
def books(app: TestApp) -> TestApp:
    app.post_json("/v1/ledgers", {"name": "books", "assets": [{"code": "J", "scale": 0}]}, status=201)
    return app


def moved(debit: str, credit: str, amount: int) -> dict[str, Any]:
    sides = ((debit, amount), (credit, -amount))
    return {"postings": [{"account": path, "asset": "J", "amount": str(each)} for path, each in sides]}


def post(app: TestApp, *move: Any) -> Any:
    return send_ok(app, "POST", f"{LEDGER}/transactions", moved(*move), 201)


def limit(app: TestApp, path: str, **bounds: int) -> None:
    given = {name: str(each) for name, each in bounds.items()}
    send_ok(app, "PATCH", account_url(path), {"limits": {"J": given}})


def test_a_limit_is_not_passed_by_what_a_float_would_lose(books: TestApp) -> None:
    post(books, "equity:o", "assets:a", 2 * WHOLE)
    send_ok(books, "POST", f"{LEDGER}/holds", moved("equity:p", "assets:a", 7 * WHOLE + 700), 201)
    limit(books, "assets:a", min=-(8_800_000_000_000_000_100))
    both = [moved("assets:a", "equity:q", 200_000_000_000_000_600), moved("equity:r", "assets:a", 1)]
    answer = send(books, "POST", f"{LEDGER}/transactions/batch", {"mode": "atomic", "transactions": both})
    assert refused(answer, "insufficient_funds")["index"] == 1


def test_a_hold_without_room_for_its_capture_is_refused(books: TestApp) -> None:
    # All is back where it was, and nine tenths of what a total may reach are used on either side.
    post(books, "assets:a", "equity:o", 9 * WHOLE)
    post(books, "equity:o", "assets:a", 9 * WHOLE)
    beyond = send(books, "POST", f"{LEDGER}/holds", moved("assets:a", "equity:o", WHOLE))
    refused(beyond, "amount_out_of_range")
    within = moved("assets:a", "equity:o", WHOLE // 5)
    hold = send_ok(books, "POST", f"{LEDGER}/holds", within, 201)
    eating = send(books, "POST", f"{LEDGER}/transactions", moved("assets:a", "equity:o", WHOLE // 20))
    refused(eating, "amount_out_of_range")
    send_ok(books, "POST", f"{LEDGER}/holds/{hold['id']}/capture", {}, 201)


def test_who_is_below_a_limit_may_come_back_and_capture(books: TestApp) -> None:
    post(books, "assets:pool", "assets:desk", 6 * WHOLE)
    hold = send_ok(books, "POST", f"{LEDGER}/holds", moved("assets:pool", "assets:desk", 3 * WHOLE), 201)
    limit(books, "assets:desk", min=-8 * WHOLE)
    post(books, "assets:desk", "assets:pool", 2 * WHOLE)
    part = {"final": False, **moved("assets:pool", "assets:desk", WHOLE // 2)}
    send_ok(books, "POST", f"{LEDGER}/holds/{hold['id']}/capture", part, 201)


@pytest.mark.parametrize(
    ("path", "bounds", "code"),
    [
        ("assets:d", {"min": -6 * WHOLE}, "insufficient_funds"),
        ("liabilities:c", {"max": 6 * WHOLE}, "limit_exceeded"),
    ],
)
def test_the_limit_is_told_and_not_the_range(
    books: TestApp, path: str, bounds: dict[str, int], code: str
) -> None:
    send_ok(books, "POST", f"{LEDGER}/accounts", {"path": path}, 201)
    limit(books, path, **bounds)
    post(books, "equity:o", path, 5 * WHOLE)
    again = send(books, "POST", f"{LEDGER}/transactions", moved("equity:p", path, 5 * WHOLE))
    assert refused(again, code)["requested"] == str(5 * WHOLE)
