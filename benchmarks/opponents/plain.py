"""What a program without a service would do: the rows of one transfer, by plain SQL on a plain driver.

It knows its accounts by heart, checks nothing, answers nobody, and leaves books that `verify` finds right.
"""

from __future__ import annotations

import itertools
import sqlite3
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Any

import psycopg

from benchmarks.load.books import ASSET, LEDGER, Books
from myapp.ledger.dates import day_of, month_of
from myapp.ledger.ids import new_id
from myapp.ledger.types import to_microseconds

CENTS = 125
_FINGERPRINT = "0" * 64
_KEYS = itertools.count()

# `%s` is psycopg's mark for a value; sqlite3 gets its own.
_CLAIM = (
    "INSERT INTO idempotency (ledger_id, key, fingerprint, status, txn_id, created_at)"
    " VALUES (%s, %s, %s, 201, %s, %s)"
)
_ADD = (
    "UPDATE balance SET debits = debits + %s, credits = credits + %s, version = version + 1"
    " WHERE ledger_id = %s AND account_id = %s AND asset = %s RETURNING version, debits - credits, debits"
)
_RECORD = (
    "INSERT INTO txn (ledger_id, id, kind, description, effective_at, recorded_at, actor, metadata)"
    " VALUES (%s, %s, 'transaction', 'Transfer', %s, %s, 'system', '{}')"
)
_POST = (
    "INSERT INTO posting (ledger_id, account_id, asset, version, txn_id, position, amount, balance,"
    " debits, effective_at, recorded_at, day, day_debits, day_credits, month, month_debits, month_credits)"
    " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
)
_ADD_TO_DAY, _ADD_TO_MONTH = (
    f"INSERT INTO balance_{period} (ledger_id, account_id, asset, {period}, debits, credits, first_version,"
    f" version) VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (ledger_id, account_id, asset, {period})"
    f" DO UPDATE SET debits = balance_{period}.debits + excluded.debits,"
    f" credits = balance_{period}.credits + excluded.credits, version = excluded.version"
    " RETURNING debits, credits"
    for period in ("day", "month")
)
_LEDGER = "SELECT id FROM ledger WHERE name = %s"
_ACCOUNTS = "SELECT path, id FROM account WHERE ledger_id = %s"
_STATEMENTS = (_CLAIM, _ADD, _RECORD, _POST, _ADD_TO_DAY, _ADD_TO_MONTH, _LEDGER, _ACCOUNTS)


@dataclass(frozen=True)
class Written:
    """What a loop wrote, in how many seconds, and the CPU time of its process."""

    transactions: int
    seconds: float
    cpu_s: float


class _Clock:
    """Says whether there is time left, and what the time was worth."""

    def __init__(self, seconds: float) -> None:
        self._began_s, self._began_cpu_s = time.perf_counter(), time.process_time()
        self._ends_s = self._began_s + seconds

    @property
    def has_time(self) -> bool:
        return time.perf_counter() < self._ends_s

    def stopped(self, transactions: int) -> Written:
        return Written(
            transactions, time.perf_counter() - self._began_s, time.process_time() - self._began_cpu_s
        )


@dataclass(frozen=True)
class _Hand:
    """One connection at work: its statements as its driver spells them, and what it knows by heart."""

    connection: Any
    spelled: Mapping[str, str]
    native: bool
    ledger_id: int
    account_ids: Sequence[int]

    def transfer(self, random: Random) -> None:
        """Write the rows of one transfer, locking the balances in their order."""
        now = datetime.now(UTC)
        txn_id: Any = new_id()
        at: Any = now
        if not self.native:
            txn_id, at = str(txn_id), to_microseconds(now)
        first, second = sorted(random.sample(self.account_ids, 2))
        legs = ((first, CENTS), (second, -CENTS))
        self._execute(_CLAIM, self.ledger_id, f"plain-{next(_KEYS)}", _FINGERPRINT, txn_id, at)
        after = [self._add(account_id, amount) for account_id, amount in legs]
        self._execute(_RECORD, self.ledger_id, txn_id, at, at)
        periods = ((_ADD_TO_DAY, day_of(now)), (_ADD_TO_MONTH, month_of(now)))
        for position, ((account_id, amount), (version, balance, debits)) in enumerate(
            zip(legs, after, strict=True)
        ):
            place = (self.ledger_id, account_id, ASSET)
            added = (max(amount, 0), max(-amount, 0))
            totals = [
                (period, *self._execute(add, *place, period, *added, version, version).fetchone())
                for add, period in periods
            ]
            leg = (version, txn_id, position, amount, balance, debits, at, at)
            self._execute(_POST, *place, *leg, *itertools.chain(*totals))

    def _add(self, account_id: int, amount: int) -> tuple[int, int, int]:
        added = (max(amount, 0), max(-amount, 0), self.ledger_id, account_id, ASSET)
        version, balance, debits = self._execute(_ADD, *added).fetchone()
        return version, balance, debits

    def _execute(self, statement: str, *values: Any) -> Any:
        return self.connection.execute(self.spelled[statement], values)


def _hand(connection: Any, books: Books, *, native: bool) -> _Hand:
    spelled = {each: each if native else each.replace("%s", "?") for each in _STATEMENTS}
    ((ledger_id,),) = connection.execute(spelled[_LEDGER], (LEDGER,)).fetchall()
    ids = dict(connection.execute(spelled[_ACCOUNTS], (ledger_id,)).fetchall())
    return _Hand(connection, spelled, native, ledger_id, [ids[path] for path in books.accounts])


def write_on_sqlite(books: Books, path: str, random: Random, seconds: float, per_commit: int = 1) -> Written:
    """Write as one process and one thread, as durably as the service, so many transfers a commit."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}")
        hand = _hand(connection, books, native=False)
        written, clock = 0, _Clock(seconds)
        while clock.has_time:
            connection.execute("BEGIN IMMEDIATE")
            for _ in range(per_commit):
                hand.transfer(random)
            connection.execute("COMMIT")
            written += per_commit
        return clock.stopped(written)


def write_on_postgresql(books: Books, conninfo: str, random: Random, seconds: float, clients: int) -> Written:
    """Write as one process with a thread and a connection for each client, one transfer a commit."""
    seeds = [random.random() for _ in range(clients)]
    ready = threading.Barrier(clients)

    def work(seed: float) -> Written:
        with psycopg.connect(conninfo) as connection:
            hand, own = _hand(connection, books, native=True), Random(seed)
            connection.commit()
            ready.wait()
            written, clock = 0, _Clock(seconds)
            while clock.has_time:
                hand.transfer(own)
                connection.commit()
                written += 1
            return clock.stopped(written)

    with ThreadPoolExecutor(clients) as pool:
        done = list(pool.map(work, seeds))
    return Written(
        sum(each.transactions for each in done),
        max(each.seconds for each in done),
        max(each.cpu_s for each in done),
    )
