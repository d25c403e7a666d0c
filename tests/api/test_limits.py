"""Limits bound the normal balance on both sides of the books, and refuse exactly."""

from __future__ import annotations

from typing import Any

import pytest
from webtest import TestApp

from tests.api.client import LEDGER, account_url, get, refused, send, send_ok, transfer

# An account of each normal side.
ACCOUNTS = ["assets:wallet", "expenses:budget", "liabilities:card", "equity:pot", "income:cap"]
MEMBERS = ("account", "asset", "limit", "available", "requested")


def move(path: str, amount: str, other: str = "assets:other") -> dict[str, Any]:
    """Return a transaction that raises the account's normal balance, or lowers it for a negative amount."""
    debit_normal = path.startswith(("assets", "expenses"))
    raises = not amount.startswith("-")
    debit, credit = (path, other) if raises == debit_normal else (other, path)
    return transfer(debit, credit, amount.lstrip("-"))


def limited(app: TestApp, path: str, **limits: str) -> None:
    send_ok(app, "POST", f"{LEDGER}/accounts", {"path": path, "limits": {"USD": limits}}, 201)


def try_move(app: TestApp, path: str, amount: str) -> Any:
    return send(app, "POST", f"{LEDGER}/transactions", move(path, amount))


@pytest.mark.parametrize("path", ACCOUNTS)
def test_both_limits_may_be_reached_and_not_passed(books: TestApp, path: str) -> None:
    limited(books, path, min="-10", max="100")
    assert get(books, f"/accounts/{path}")["limits"] == {"USD": {"min": "-10.00", "max": "100.00"}}
    assert try_move(books, path, "100").status_int == 201
    above = refused(try_move(books, path, "0.01"), "limit_exceeded")
    assert [above[name] for name in MEMBERS] == [path, "USD", "100.00", "100.00", "0.01"]
    assert try_move(books, path, "-110").status_int == 201
    below = refused(try_move(books, path, "-0.01"), "insufficient_funds")
    assert [below[name] for name in MEMBERS] == [path, "USD", "-10.00", "-10.00", "0.01"]
    balance = get(books, f"/accounts/{path}")["balances"]["USD"]
    assert (balance["normal_balance"], balance["available"], balance["version"]) == ("-10.00", "-10.00", 2)


@pytest.mark.parametrize("path", ACCOUNTS)
def test_the_first_posting_is_bounded_too(books: TestApp, path: str) -> None:
    limited(books, path, min="0", max="1")
    refused(try_move(books, path, "-0.01"), "insufficient_funds")
    refused(try_move(books, path, "1.01"), "limit_exceeded")


@pytest.mark.parametrize("path", ["assets:wallet", "liabilities:card"])
def test_an_account_past_a_limit_may_always_come_back(books: TestApp, path: str) -> None:
    try_move(books, path, "-50")
    send_ok(books, "PATCH", account_url(path), {"limits": {"USD": {"min": "0"}}})
    assert try_move(books, path, "20").status_int == 201
    refused(try_move(books, path, "-1"), "insufficient_funds")


@pytest.mark.parametrize("path", ["assets:wallet", "liabilities:card"])
def test_what_an_account_does_inside_a_transaction_is_netted(books: TestApp, path: str) -> None:
    limited(books, path, min="0")
    there, back = move(path, "-30")["postings"], move(path, "30.01")["postings"]
    made = send_ok(books, "POST", f"{LEDGER}/transactions", {"postings": there + back}, 201)
    own = [posting for posting in made["postings"] if posting["account"] == path]
    assert [posting["version"] for posting in own] == [1, 2]
    assert own[1]["balance"].lstrip("-") == "0.01"
    refused(
        send(books, "POST", f"{LEDGER}/transactions", {"postings": back + move(path, "-30.03")["postings"]}),
        "insufficient_funds",
    )


def test_limits_are_replaced_by_asset_and_removed_by_null(books: TestApp) -> None:
    limited(books, "assets:wallet", min="0", max="5")
    url = account_url("assets:wallet")
    changed = send_ok(books, "PATCH", url, {"limits": {"USD": {"max": "9"}, "JPY": {"min": "1"}}})
    assert changed["limits"] == {"USD": {"max": "9.00"}, "JPY": {"min": "1"}}
    assert send_ok(books, "PATCH", url, {"metadata": {"a": "b"}})["limits"] == changed["limits"]
    assert send_ok(books, "PATCH", url, {"limits": {"USD": None}})["limits"] == {"JPY": {"min": "1"}}
    assert get(books, "/accounts?prefix=assets:wallet")["data"][0]["limits"] == {"JPY": {"min": "1"}}
    assert try_move(books, "assets:wallet", "-1").status_int == 201


@pytest.mark.parametrize(
    ("limits", "code", "pointer"),
    [
        ({"EUR": {"min": "0"}}, "unknown_asset", "/limits/EUR"),
        ({"USD": {"min": "2", "max": "1"}}, "invalid_request", "/limits/USD"),
        ({"USD": {"min": "9" * 30}}, "amount_out_of_range", "/limits/USD/min"),
    ],
)
def test_limits_that_cannot_be_are_refused(library: TestApp, limits: object, code: str, pointer: str) -> None:
    opened = send(library, "POST", f"{LEDGER}/accounts", {"path": "assets:new", "limits": limits})
    refused(opened, code, pointer)
    refused(send(library, "PATCH", account_url("assets:cash"), {"limits": limits}), code, pointer)
