"""The list of transactions: order, filters, pages; each compared with plain Python over the whole list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from webtest import TestApp

from tests.api.client import LEDGER, all_pages, get, padded, post, send_ok

Transaction = dict[str, Any]


@pytest.fixture
def journal(books: TestApp) -> TestApp:
    """Post transactions whose effective order is not the one in which they are recorded."""
    post(books, amount="1.00", effective_at="2026-01-05", description="Lunch at 100%", reference="inv-1")
    post(
        books,
        "expenses:rent",
        "assets:bank",
        effective_at="2026-01-03T12:00:00+02:00",
        metadata={"trip": "berlin"},
    )
    post(
        books, amount="3.00", effective_at="2026-01-05T23:59:59.999999Z", metadata={"trip": "rome", "a.b": ""}
    )
    post(
        books,
        "assets:bank",
        "income:job",
        effective_at="2026-01-06",
        description="Pay_day",
        metadata={"\u00e9": "\u00fc"},
    )
    post(books, amount="5.00", effective_at="2026-01-04", description="lunch")
    coins = [
        {"account": f"assets:{name}", "asset": "BTC", "amount": amount}
        for name, amount in [("cash", "1"), ("a", "-1")]
    ]
    send_ok(books, "POST", f"{LEDGER}/transactions", {"postings": coins, "effective_at": "2026-01-04"}, 201)
    return books


def accounts(transaction: Transaction) -> set[str]:
    return {posting["account"] for posting in transaction["postings"]}


def posts(transaction: Transaction, account: str, asset: str) -> bool:
    return any((each["account"], each["asset"]) == (account, asset) for each in transaction["postings"])


FILTERS: dict[str, Callable[[Transaction], bool]] = {
    "account=assets:bank": lambda each: "assets:bank" in accounts(each),
    "account=assets:none": lambda each: False,
    "asset=BTC": lambda each: each["postings"][0]["asset"] == "BTC",
    "asset=EUR": lambda each: False,
    "account=assets:cash&asset=USD": lambda each: posts(each, "assets:cash", "USD"),
    "reference=inv-1": lambda each: each["reference"] == "inv-1",
    "reference=inv": lambda each: False,
    "metadata.trip=berlin": lambda each: each["metadata"].get("trip") == "berlin",
    "metadata.trip=rome&metadata.a.b=": lambda each: each["metadata"].get("a.b") == "",
    f"metadata.{quote(chr(233))}={quote(chr(252))}": lambda each: bool(each["metadata"].get("\u00e9")),
    "metadata.none=x": lambda each: False,
    "q=LUNCH": lambda each: "lunch" in each["description"].lower(),
    "q=100%25": lambda each: "100%" in each["description"],
    "q=_": lambda each: "_" in each["description"],
    "q=": lambda each: True,
    "from=2026-01-05": lambda each: each["effective_at"] >= "2026-01-05T00:00:00Z",
    "to=2026-01-05": lambda each: each["effective_at"] < "2026-01-06",
    "from=2026-01-05&to=2026-01-05": lambda each: each["effective_at"].startswith("2026-01-05"),
    "from=2026-01-03T10:00:00Z&to=2026-01-03T10:00:00Z": lambda each: (
        each["effective_at"] == "2026-01-03T10:00:00Z"
    ),
    "from=2026-01-03T10:00:00.000001Z": lambda each: each["effective_at"] > "2026-01-03T10:00:00Z",
    "to=2026-01-05T23:59:59.999998Z": lambda each: each["effective_at"] <= "2026-01-05T23:59:59.999998Z",
    "from=2026-01-06&to=2026-01-05": lambda each: False,
}


@pytest.mark.parametrize("order", ["", "recorded", "effective"])
def test_every_filter_keeps_what_plain_python_keeps_whole_and_in_pages(journal: TestApp, order: str) -> None:
    ordered = f"order={order}" if order else "limit=500"
    whole = get(journal, f"/transactions?{ordered}")["data"]
    key = "effective_at" if order == "effective" else "recorded_at"
    assert whole == sorted(whole, key=lambda each: (padded(each[key]), each["id"]), reverse=True)
    assert len(whole) == 6
    for query, keeps in FILTERS.items():
        expected = [each for each in whole if keeps(each)]
        url = f"{LEDGER}/transactions?{query}" + (f"&order={order}" if order else "")
        assert send_ok(journal, "GET", url)["data"] == expected, query
        for limit in (1, 2):
            assert all_pages(journal, url, limit) == expected, (query, limit)


def test_a_page_goes_on_where_the_last_one_ended_though_the_journal_grows(books: TestApp) -> None:
    ids = [post(books)["id"] for _ in range(3)]
    page = get(books, "/transactions?limit=1")
    post(books)
    following = get(books, f"/transactions?limit=500&cursor={page['next']}")
    assert [each["id"] for each in page["data"] + following["data"]] == ids[::-1]
    assert following["next"] is None
