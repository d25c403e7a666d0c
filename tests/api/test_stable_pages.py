"""Pages walked while another client posts: what was there at the start comes once each, in its order."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest
from webtest import TestApp

from tests.api.client import LEDGER, send_ok, transfer

PATH = "assets:cash"
STEP_TIMEOUT_S = 60
LIMIT = 4
ACCOUNTS = 60
DAYS = 28
# What tells the items of each list apart.
LISTS = {
    "transactions": "id",
    "transactions?order=effective": "id",
    f"transactions?account={PATH}&order=effective": "id",
    "transactions?asset=USD&q=unch": "id",
    "accounts": "path",
    "accounts?prefix=expenses": "path",
    "balances": "account",
    "balances?depth=2": "account",
    f"statement?account={PATH}&asset=USD": "transaction_id",
    f"statement?account={PATH}&asset=USD&from=2026-01-10&to=2026-01-20": "transaction_id",
}


def some_transfer(chance: random.Random, day: int | None = None) -> dict[str, Any]:
    """Return a transfer, at any time of a month, that often opens an account."""
    # A walk never ends that has more accounts before it with each page.
    number, day = chance.randrange(ACCOUNTS), day or chance.randint(1, DAYS)
    more = {"effective_at": f"2026-01-{day:02}", "description": "Lunch"}
    return transfer(f"expenses:{number}", PATH, f"{chance.randint(1, 999)}.00", **more)


@contextmanager
def posting(app: TestApp) -> Iterator[threading.Semaphore]:
    """Post all the while, in another thread; the semaphore counts what is posted."""
    posted, stop = threading.Semaphore(0), threading.Event()
    chance = random.Random(random.getrandbits(64))

    def work() -> None:
        client = TestApp(app.app)
        while not stop.is_set():
            send_ok(client, "POST", f"{LEDGER}/transactions", some_transfer(chance), 201)
            posted.release()

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(work)
        try:
            yield posted
        finally:
            stop.set()
            running.result()


def asked(url: str, limit: int) -> str:
    return f"{LEDGER}/{url}{'&' if '?' in url else '?'}limit={limit}"


def walk(app: TestApp, url: str, posted: threading.Semaphore) -> list[dict[str, Any]]:
    """Return the pages, with at least one post before each."""
    pages, cursor = [], ""
    while True:
        assert posted.acquire(timeout=STEP_TIMEOUT_S)
        pages.append(send_ok(app, "GET", asked(url, LIMIT) + cursor))
        if pages[-1]["next"] is None:
            return pages
        cursor = f"&cursor={pages[-1]['next']}"


def without_waiting(posted: threading.Semaphore) -> None:
    while posted.acquire(blocking=False):
        pass


@pytest.fixture
def filled(books: TestApp) -> TestApp:
    chance = random.Random(random.getrandbits(64))
    # Every day has something, so that every range has several pages.
    for day in range(1, DAYS + 1):
        send_ok(books, "POST", f"{LEDGER}/transactions", some_transfer(chance, day), 201)
    return books


@pytest.mark.parametrize(("url", "key"), LISTS.items())
def test_nothing_that_was_there_is_missed_or_doubled(filled: TestApp, url: str, key: str) -> None:
    at_first = [each[key] for each in send_ok(filled, "GET", asked(url, 500))["data"]]
    assert len(at_first) > 2 * LIMIT
    with posting(filled) as posted:
        walked = [each[key] for page in walk(filled, url, posted) for each in page["data"]]
    assert len(set(walked)) == len(walked)
    assert [each for each in walked if each in set(at_first)] == at_first


@pytest.mark.parametrize("range_", ["", "&from=2026-01-10&to=2026-01-20"])
def test_a_statement_adds_up_on_every_walk(filled: TestApp, range_: str) -> None:
    url = f"statement?account={PATH}&asset=USD{range_}"
    with posting(filled) as posted:
        for _ in range(3):
            without_waiting(posted)
            pages = walk(filled, url, posted)
            balance = Decimal(pages[0]["opening_balance"])
            for line in (line for page in pages for line in page["data"]):
                balance += Decimal(line["amount"])
                assert Decimal(line["balance"]) == balance
            assert {Decimal(page["closing_balance"]) for page in pages} == {balance}
            assert len({page["opening_balance"] for page in pages}) == 1


def test_the_totals_of_the_balances_are_always_nothing(filled: TestApp) -> None:
    # Each page is one moment of the books, so however many post meanwhile, what it shows is balanced.
    with posting(filled) as posted:
        for url in ("balances", "balances?depth=1", "balances?at=2026-01-15", "balances?known_at=9999-12-31"):
            without_waiting(posted)
            assert {page["totals"]["USD"] for page in walk(filled, url, posted)} == {"0.00"}
