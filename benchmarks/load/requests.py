"""The requests of the load, as bytes: each write with its own idempotency key, each client with its own."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from random import Random
from urllib.parse import quote

from benchmarks.load.books import ASSET, HOT, LEDGER, Books
from benchmarks.load.wire import Requests, Sent

BATCH = 100
_BOOKS = f"/v1/ledgers/{LEDGER}"
# No two requests of a run share it, whichever client sends them.
_NUMBERS = itertools.count()

_POSTING = '{{"account":"{}","asset":"' + ASSET + '","amount":"{}{}"}}'
Pairs = Iterator[tuple[str, str]]


def singles(books: Books, client: int, pairs: Pairs) -> Requests:
    """Post one transfer after another."""
    head = _head(books, client, "POST", "/transactions", "Idempotency-Key: {key}\r\n")
    for debit, credit in pairs:
        body = "{" + _transfer(debit, credit) + "}"
        yield Sent((head.format(key=f"single-{next(_NUMBERS)}", length=len(body)) + body).encode())


def batches(books: Books, client: int, pairs: Pairs) -> Requests:
    """Post one batch of transfers after another, all or none of each, every item with a key of its own."""
    head = _head(books, client, "POST", "/transactions/batch")
    while True:
        items = [
            f'{{{_transfer(debit, credit)},"idempotency_key":"item-{next(_NUMBERS)}"}}'
            for debit, credit in itertools.islice(pairs, BATCH)
        ]
        body = f'{{"mode":"atomic","transactions":[{",".join(items)}]}}'
        yield Sent((head.format(length=len(body)) + body).encode(), len(items))


def reads(books: Books, client: int, random: Random, pages: int) -> Requests:
    """Read an account, its statement, a page of its transactions, a page of balances, so many in all."""
    for number in range(pages):
        account = quote(random.choice(books.accounts), safe="")
        paths = (
            f"/accounts/{account}",
            f"/statement?account={account}&asset={ASSET}",
            f"/transactions?account={account}",
            "/balances?prefix=assets:clients&limit=50",
        )
        head = _head(books, client, "GET", paths[number % len(paths)])
        yield Sent(head.format(length=0).encode(), 0)


def between_random(books: Books, random: Random) -> Pairs:
    """Choose two accounts, each as likely as any."""
    while True:
        debit, credit = random.sample(books.accounts, 2)
        yield debit, credit


def into_one(books: Books, random: Random) -> Pairs:
    """Choose who pays into the one hot account."""
    while True:
        yield HOT, random.choice(books.accounts)


def _transfer(debit: str, credit: str) -> str:
    postings = _POSTING.format(debit, "", "1.25") + "," + _POSTING.format(credit, "-", "1.25")
    return f'"postings":[{postings}],"description":"Transfer"'


def _head(books: Books, client: int, method: str, path: str, more: str = "") -> str:
    return (
        f"{method} {_BOOKS}{path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Authorization: Bearer {books.secrets[client]}\r\n"
        f"Content-Type: application/json\r\n{more}"
        "Content-Length: {length}\r\n\r\n"
    )
