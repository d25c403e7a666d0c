"""Balances on two axes, rolled up and filtered, against a plain Python computation over the journal."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest
from webtest import TestApp

from tests.api.client import LEDGER, account_url, all_pages, get, padded, send_ok, transfer

DECIMALS = {"USD": 2, "JPY": 0, "BTC": 8}
MOVES = [
    ("assets:bank:checking", "income:job", "1000.00", "2026-01-01"),
    ("expenses:food", "assets:bank:checking", "12.50", "2026-01-05T23:59:59.999999Z"),
    ("expenses:food", "assets:bank", "7.25", "2025-12-31T23:59:59.999999Z"),
    ("assets:bank:savings", "assets:bank:checking", "300.00", "2026-01-06"),
    ("expenses:food:snacks", "liabilities:card", "3.10", "2026-01-05T00:00:00Z"),
    ("liabilities:card", "assets:bank:checking", "3.10", "2026-01-05T12:00:00Z"),
    ("assets:bankrupt", "equity:opening", "1.00", "1969-12-31T23:59:59Z"),
    ("assets:bank:checking", "equity:opening", "5.00", "0001-01-01"),
    ("expenses:late", "assets:bank:checking", "0.01", "9999-12-31T23:59:59.999999Z"),
]
# As `at` each is all of its day, or its very instant.
AT = [
    "0001-01-01",
    "1969-12-31",
    "1970-01-01",
    "2025-12-31",
    "2025-12-31T23:59:59.999998Z",
    "2026-01-01",
    "2026-01-04",
    "2026-01-05T00:00:00Z",
    "2026-01-05T11:59:59.999999Z",
    "2026-01-05T12:00:00Z",
    "2026-01-05T23:59:59.999998Z",
    "2026-01-05",
    "2026-01-06T01:00:00+01:00",
    "2026-01-06T00:59:59+01:00",
    "9999-12-31T23:59:59.999998Z",
    "9999-12-31",
]
INSTANTS = {
    "2026-01-06T01:00:00+01:00": "2026-01-06T00:00:00Z",
    "2026-01-06T00:59:59+01:00": "2026-01-05T23:59:59Z",
}

Amounts = dict[str, dict[str, str]]


@pytest.fixture
def journal(books: TestApp) -> list[dict[str, Any]]:
    """Post the moves and return the transactions in the order in which they were recorded."""
    url = f"{LEDGER}/transactions"
    made = [
        send_ok(books, "POST", url, transfer(debit, credit, amount, effective_at=time), 201)
        for debit, credit, amount, time in MOVES
    ]
    coins = [
        ("assets:bank", "BTC", "0.5"),
        ("equity:opening", "BTC", "-0.5"),
        ("assets:cash", "JPY", "7"),
        ("equity:x", "JPY", "-7"),
    ]
    postings = [{"account": account, "asset": asset, "amount": amount} for account, asset, amount in coins]
    body = {"postings": postings, "effective_at": "2026-01-03"}
    return [*made, send_ok(books, "POST", url, body, 201)]


def bound(time: str) -> str:
    return padded(INSTANTS.get(time, time)) if "T" in time else f"{time}T23:59:59.999999"


def counted(journal: Iterable[dict[str, Any]], at: str | None, known_at: str | None) -> list[dict[str, str]]:
    return [
        posting
        for each in journal
        if (at is None or padded(each["effective_at"]) <= bound(at))
        and (known_at is None or padded(each["recorded_at"]) <= bound(known_at))
        for posting in each["postings"]
    ]


def summed(postings: Iterable[dict[str, str]], depth: int = 99) -> Amounts:
    sums: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for posting in postings:
        name = ":".join(posting["account"].split(":")[:depth])
        sums[name][posting["asset"]] += Decimal(posting["amount"])
    return {
        name: {asset: shown(sums[name][asset], asset) for asset in sorted(sums[name])}
        for name in sorted(sums)
    }


def shown(amount: Decimal, asset: str) -> str:
    return f"{amount:.{DECIMALS[asset]}f}"


def totals(amounts: Amounts) -> dict[str, str]:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for balances in amounts.values():
        for asset, amount in balances.items():
            sums[asset] += Decimal(amount)
    return {asset: shown(sums[asset], asset) for asset in sorted(sums)}


def listed(app: TestApp, query: str) -> Amounts:
    url = f"{LEDGER}/balances?{query}"
    answer = send_ok(app, "GET", url)
    amounts = {each["account"]: each["balances"] for each in answer["data"]}
    assert list(amounts) == sorted(amounts)
    assert answer["totals"] == totals(amounts)
    page = send_ok(app, "GET", f"{url}&limit=1")
    assert page["totals"] == answer["totals"]
    for limit in (1, 2):
        assert all_pages(app, url, limit) == answer["data"]
    return amounts


def query_of(at: str | None, known_at: str | None) -> str:
    given = {"at": at, "known_at": known_at}
    return "&".join(f"{name}={quote(value)}" for name, value in given.items() if value is not None)


def test_balances_at_any_time_as_known_at_any_time(books: TestApp, journal: list[dict[str, Any]]) -> None:
    known = [None, "2026-01-01", *(each["recorded_at"] for each in journal[::3])]
    for at, known_at in itertools.product([None, *AT], known):
        expected = summed(counted(journal, at, known_at))
        answer = get(books, f"/balances?{query_of(at, known_at)}")
        found = {each["account"]: each["balances"] for each in answer["data"]}
        assert found == expected, (at, known_at)
        assert answer["totals"] == totals(expected)


def test_balances_rolled_up_and_filtered(books: TestApp, journal: list[dict[str, Any]]) -> None:
    types = {each["path"]: each["type"] for each in get(books, "/accounts")["data"]}
    prefixes = ["", "assets", "assets:bank", "assets:bank:", "expenses:f"]
    choices = itertools.product(
        [None, "2026-01-05T11:59:59.999999Z"],
        prefixes,
        ["1", "2", "3", "128"],
        ["", "asset"],
        ["", "USD", "EUR"],
    )
    for at, prefix, depth, account_type, asset in choices:
        kept = [
            each
            for each in counted(journal, at, None)
            if each["account"].startswith(prefix)
            and asset in ("", each["asset"])
            and account_type in ("", types[each["account"]])
        ]
        given = {"prefix": prefix, "depth": depth, "type": account_type, "asset": asset, "at": at}
        query = "&".join(f"{name}={quote(value)}" for name, value in given.items() if value)
        answer = get(books, f"/balances?{query}")
        expected = summed(kept, int(depth))
        assert {each["account"]: each["balances"] for each in answer["data"]} == expected, query
        assert answer["totals"] == totals(expected), query


def test_totals_are_of_the_whole_selection_on_every_page(
    books: TestApp, journal: list[dict[str, Any]]
) -> None:
    assert journal
    for query in ("", "depth=1", "at=2026-01-05", "prefix=assets&depth=2", "asset=USD&type=asset"):
        assert listed(books, query)


def test_one_account_at_any_time_as_known_at_any_time(books: TestApp, journal: list[dict[str, Any]]) -> None:
    path = "assets:bank:checking"
    known = [None, "2026-01-01", *(each["recorded_at"] for each in journal[::3])]
    for at, known_at in itertools.product([None, *AT], known):
        own = [each for each in counted(journal, at, known_at) if each["account"] == path]
        answer = send_ok(books, "GET", f"{account_url(path)}?{query_of(at, known_at)}")["balances"]["USD"]
        debits = sum((Decimal(each["amount"]) for each in own if Decimal(each["amount"]) > 0), Decimal())
        credits_ = -sum((Decimal(each["amount"]) for each in own if Decimal(each["amount"]) < 0), Decimal())
        assert (answer["debits"], answer["credits"]) == (shown(debits, "USD"), shown(credits_, "USD")), (
            at,
            known_at,
        )
        assert answer["balance"] == answer["normal_balance"] == shown(debits - credits_, "USD")
        assert isinstance(answer["version"], int)


def test_the_far_future_is_the_present(books: TestApp, journal: list[dict[str, Any]]) -> None:
    assert journal
    for path in ("assets:bank:checking", "liabilities:card", "expenses:food"):
        present = send_ok(books, "GET", account_url(path))
        for query in ("at=9999-12-31", "known_at=9999-12-31", "at=9999-12-31&known_at=9999-12-31"):
            assert send_ok(books, "GET", f"{account_url(path)}?{query}") == present


def test_a_sum_beyond_64_bits_is_exact(books: TestApp) -> None:
    huge = "92233720368547758.07"
    for number in range(3):
        body = transfer(f"assets:a{number}", f"equity:b{number}", huge, effective_at="2026-01-01")
        send_ok(books, "POST", f"{LEDGER}/transactions", body, 201)
    for query in ("depth=1", "depth=1&at=2026-01-01", "depth=1&known_at=9999-12-31"):
        answer = get(books, f"/balances?{query}")
        rolled = {each["account"]: each["balances"]["USD"] for each in answer["data"]}
        assert rolled == {"assets": "276701161105643274.21", "equity": "-276701161105643274.21"}
        assert answer["totals"] == {"USD": "0.00"}
