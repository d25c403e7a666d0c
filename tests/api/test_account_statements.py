"""A statement: one account in one asset, in effective order, each line with the balance after it."""

from __future__ import annotations

import base64
import itertools
import json
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest
from webtest import TestApp

from tests.api.client import LEDGER, all_pages, get, padded, post, refused, send, send_ok, transfer

PATH = "assets:bank"
URL = f"/statement?account={PATH}&asset=USD"
# Of two accounts; not in effective order, and several at the same instant.
MOVES = [
    (PATH, "income:job", "1000.00", "2026-01-10"),
    ("expenses:food", PATH, "12.50", "2026-01-05T23:59:59.999999Z"),
    ("expenses:food", PATH, "7.25", "2026-01-10"),
    (PATH, "equity:opening", "5.00", "0001-01-01"),
    ("expenses:late", PATH, "0.01", "9999-12-31T23:59:59.999999Z"),
    ("expenses:food", "assets:cash", "3.00", "2026-01-06"),
    (PATH, "assets:cash", "3.10", "2026-01-06T00:00:00Z"),
    ("assets:cash", PATH, "3.10", "2026-01-10"),
    (PATH, PATH, "4.00", "2026-01-10"),
]
FROM = [None, "0001-01-01", "2026-01-05", "2026-01-06", "2026-01-10T00:00:00Z", "2026-01-10T00:00:00.000001Z"]
TO = [None, "0001-01-01", "2026-01-05", "2026-01-06T00:00:00Z", "2026-01-10", "9999-12-31"]


@pytest.fixture
def journal(books: TestApp) -> list[dict[str, Any]]:
    """Post the moves and return the transactions in the order in which they were recorded."""
    made = [
        post(books, debit, credit, amount, effective_at=time, description=f"No. {number}")
        for number, (debit, credit, amount, time) in enumerate(MOVES)
    ]
    coins = [
        {"account": PATH, "asset": "BTC", "amount": "1"},
        {"account": "equity:x", "asset": "BTC", "amount": "-1"},
    ]
    send_ok(books, "POST", f"{LEDGER}/transactions", {"postings": coins, "effective_at": "2026-01-07"}, 201)
    return made


def lines_of(journal: list[dict[str, Any]], path: str = PATH) -> list[dict[str, Any]]:
    """Return the whole statement by plain Python."""
    own = [
        (padded(each["effective_at"]), posting["version"], each, Decimal(posting["amount"]))
        for each in journal
        for posting in each["postings"]
        if (posting["account"], posting["asset"]) == (path, "USD")
    ]
    own.sort(key=lambda one: one[:2])
    balances = itertools.accumulate(amount for *_, amount in own)
    return [
        {
            "transaction_id": each["id"],
            **{name: each[name] for name in ("effective_at", "recorded_at", "description")},
            "amount": f"{amount:.2f}",
            "balance": f"{balance:.2f}",
        }
        for (_, _, each, amount), balance in zip(own, balances, strict=True)
    ]


def expected(journal: list[dict[str, Any]], first: str | None, last: str | None) -> dict[str, Any]:
    lines = lines_of(journal)
    start = "" if first is None else padded(first if "T" in first else f"{first}T00:00:00Z")
    end = "~" if last is None else padded(last if "T" in last else f"{last}T23:59:59.999999Z")
    before = [each["balance"] for each in lines if padded(each["effective_at"]) < start]
    data = [each for each in lines if start <= padded(each["effective_at"]) <= end]
    opening = before[-1] if before else "0.00"
    closing = data[-1]["balance"] if data else opening
    ends = {"account": PATH, "asset": "USD", "opening_balance": opening, "closing_balance": closing}
    return {**ends, "data": data, "next": None}


def test_a_statement_is_what_plain_python_makes_of_the_journal(
    books: TestApp, journal: list[dict[str, Any]]
) -> None:
    assert [each["description"] for each in get(books, URL)["data"]] == [
        f"No. {number}" for number in (3, 1, 6, 0, 2, 7, 8, 8, 4)
    ]
    for first, last in itertools.product(FROM, TO):
        given = {"from": first, "to": last}
        query = "".join(f"&{name}={quote(value)}" for name, value in given.items() if value is not None)
        whole = get(books, URL + query)
        assert whole == expected(journal, first, last), query
        for limit in (1, 2, 3):
            assert all_pages(books, f"{LEDGER}{URL}{query}", limit) == whole["data"], (query, limit)


def test_the_balances_at_both_ends_are_of_the_whole_range_on_every_page(
    books: TestApp, journal: list[dict[str, Any]]
) -> None:
    wanted = {name: expected(journal, "2026-01-05", "2026-01-10")[name] for name in ENDS}
    url, page = f"{URL}&from=2026-01-05&to=2026-01-10", {"next": ""}
    for _ in range(7):
        assert page["next"] is not None
        page = get(books, f"{url}&limit=1" + (f"&cursor={page['next']}" if page["next"] else ""))
        assert {name: page[name] for name in ENDS} == wanted
    assert page["next"] is None


ENDS = ("opening_balance", "closing_balance")


def test_a_walk_sees_nothing_that_was_recorded_after_it_began(
    books: TestApp, journal: list[dict[str, Any]]
) -> None:
    url = f"{URL}&from=2026-01-05"
    whole = get(books, url)
    page = get(books, f"{url}&limit=2")
    lines = page["data"]
    while page["next"] is not None:
        # Before the range, before the page that was read, at its last instant, and behind it.
        for time in ("2026-01-01", "2026-01-05", lines[-1]["effective_at"], "2026-01-11"):
            post(books, PATH, "income:job", "100.00", effective_at=time)
        page = get(books, f"{url}&limit=2&cursor={page['next']}")
        assert {name: page[name] for name in ENDS} == {name: whole[name] for name in ENDS}
        lines += page["data"]
    assert lines == whole["data"]
    anew = get(books, f"{url}&limit=500")
    assert len(anew["data"]) > len(lines)
    assert Decimal(anew["opening_balance"]) > Decimal(whole["opening_balance"])
    assert anew["closing_balance"] == get(books, f"/accounts/{PATH}")["balances"]["USD"]["balance"]


def test_an_account_that_the_asset_never_met_has_an_empty_statement(
    books: TestApp, journal: list[dict[str, Any]]
) -> None:
    assert journal
    for query, nothing in (("JPY&from=2026-01-01&to=2026-02-01", "0"), ("BTC&to=2026-01-01", "0.00000000")):
        found = get(books, f"/statement?account={PATH}&asset={query}")
        assert (found["data"], found["next"]) == ([], None)
        assert (found["opening_balance"], found["closing_balance"]) == (nothing, nothing)


def test_a_path_is_composed_as_paths_are(books: TestApp) -> None:
    post(books, "assets:caf\u00e9", "equity:x")
    found = get(books, f"/statement?account={quote('assets:cafe' + chr(0x301))}&asset=USD")
    assert (found["account"], len(found["data"])) == ("assets:caf\u00e9", 1)


@pytest.mark.parametrize("query", ["", "?account=assets:cash", "?asset=USD", "?from=2026-01-01"])
def test_account_and_asset_are_needed(library: TestApp, query: str) -> None:
    document = refused(send(library, "GET", f"{LEDGER}/statement{query}"), "invalid_parameter")
    assert document["parameter"] in ("account", "asset")


UNKNOWN = [
    ("account=assets:none&asset=USD", "account_not_found"),
    ("account=&asset=USD", "account_not_found"),
    ("account=assets:cash&asset=EUR", "unknown_asset"),
    ("account=assets:cash&asset=", "unknown_asset"),
    ("account=assets:cash&asset=USD&from=x", "invalid_parameter"),
    ("account=assets:cash&asset=USD&limit=0", "invalid_parameter"),
    ("account=assets:cash&asset=USD&known_at=2026-01-01", "invalid_parameter"),
]


@pytest.mark.parametrize(("query", "code"), UNKNOWN)
def test_what_is_not_there_has_no_statement(library: TestApp, query: str, code: str) -> None:
    refused(send(library, "GET", f"{LEDGER}/statement?{query}"), code)


FORGED: list[list[Any]] = [
    [],
    [1],
    [1, 2, 3, 4, 5],
    ["x", 1, 2, 3, 4, 5],
    [1, "x", 2, 3, 4, 5],
    [1, 2**63, 2, 3, 4, 5],
    [1, 1, 10**30, 3, 4, 5],
    [10**30, 1, 2, 3, 4, 5],
    [1, 1, 2, 3, 4, 5, 6],
    [1, 1, None, 3, 4, 5],
]


@pytest.mark.parametrize("key", FORGED, ids=repr)
def test_a_forged_cursor_is_refused(books: TestApp, key: list[Any]) -> None:
    for _ in range(2):
        send_ok(books, "POST", f"{LEDGER}/transactions", transfer(PATH, "equity:x"), 201)
    own = json.loads(base64.urlsafe_b64decode(get(books, f"{URL}&limit=1")["next"] + "==="))
    forged = base64.urlsafe_b64encode(json.dumps([own[0], *key]).encode()).decode().rstrip("=")
    refused(send(books, "GET", f"{LEDGER}{URL}&cursor={forged}"), "invalid_cursor")


def test_a_cursor_of_another_statement_is_refused(books: TestApp) -> None:
    for _ in range(2):
        post(books, PATH, "equity:x")
    own = get(books, f"{URL}&limit=1")["next"]
    for other in (f"/statement?account=equity:x&asset=USD&cursor={own}", f"{URL}&to=2026-01-01&cursor={own}"):
        refused(send(books, "GET", LEDGER + other), "invalid_cursor")


def test_balances_on_the_way_may_be_as_large_as_any_total(books: TestApp) -> None:
    huge = "92233720368547758.07"
    post(books, PATH, "equity:x", huge, effective_at="2026-01-02")
    post(books, "equity:x", PATH, huge, effective_at="2026-01-01")
    url = f"{LEDGER}{URL}"
    for limit in (1, 2):
        assert [each["balance"] for each in all_pages(books, url, limit)] == [f"-{huge}", "0.00"]
    assert get(books, f"{URL}&from=2026-01-02")["opening_balance"] == f"-{huge}"
