"""What the tables hold, read on a plain driver connection that shares nothing with the application."""

from __future__ import annotations

import json
from collections import defaultdict
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from tests.chaos.records import LEDGER, Leg
from tests.databases import Database
from tests.lifecycle.witness import connect

Place = tuple[str, str]  # (account, asset)


@dataclass(frozen=True)
class PostedLeg:
    """One posting with the version and the balance it left behind."""

    leg: Leg
    version: int
    balance_minor: int


@dataclass(frozen=True)
class BalanceRow:
    """The running totals of one asset on one account."""

    debits: int
    credits: int
    version: int
    lowest: int | None
    pending_debits: int = 0
    pending_credits: int = 0

    @property
    def net(self) -> int:
        return self.debits - self.credits


@dataclass(frozen=True)
class Remembered:
    """The answer that a key is remembered with, where it is not a transaction alone."""

    status: int
    document: dict[str, Any]


@dataclass(frozen=True)
class HoldRow:
    """A hold: each leg with what is still held of it, and the transactions that captured it, in order."""

    description: str
    status: str
    legs: tuple[Leg, ...] = ()
    remaining: tuple[int, ...] = ()
    captures: tuple[str, ...] = ()


@dataclass
class Books:
    """One ledger: transactions by id with their descriptions and postings, keys, balances, days, holds.

    `keys` lead to the transaction they made, `answers` to any other answer.
    """

    descriptions: dict[str, str] = field(default_factory=dict)
    postings: dict[str, list[PostedLeg]] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    balances: dict[Place, BalanceRow] = field(default_factory=dict)
    days: dict[Place, tuple[int, int]] = field(default_factory=dict)
    answers: dict[str, Remembered] = field(default_factory=dict)
    holds: dict[str, HoldRow] = field(default_factory=dict)

    def legs(self, txn_id: str) -> tuple[Leg, ...]:
        return tuple(posted.leg for posted in self.postings.get(txn_id, ()))


TRANSACTIONS = "SELECT id, description FROM txn WHERE ledger_id = {ledger}"
POSTINGS = """
SELECT p.txn_id, a.path, p.asset, p.amount, p.version, p.balance
FROM posting p JOIN account a ON a.ledger_id = p.ledger_id AND a.id = p.account_id
WHERE p.ledger_id = {ledger} ORDER BY p.txn_id, p.position
"""
KEYS = "SELECT key, txn_id FROM idempotency WHERE ledger_id = {ledger} AND txn_id IS NOT NULL"
ANSWERS = "SELECT key, status, answer FROM idempotency WHERE ledger_id = {ledger} AND txn_id IS NULL"
HOLDS = "SELECT id, description, status FROM hold WHERE ledger_id = {ledger}"
HELD = """
SELECT p.hold_id, a.path, p.asset, p.amount, p.remaining
FROM hold_posting p JOIN account a ON a.ledger_id = p.ledger_id AND a.id = p.account_id
WHERE p.ledger_id = {ledger} ORDER BY p.hold_id, p.position
"""
CAPTURES = "SELECT hold_id, txn_id FROM hold_capture WHERE ledger_id = {ledger} ORDER BY hold_id, number"
BALANCES = """
SELECT a.path, b.asset, b.debits, b.credits, b.version, b.lowest, b.pending_debits, b.pending_credits
FROM balance b JOIN account a ON a.ledger_id = b.ledger_id AND a.id = b.account_id
WHERE b.ledger_id = {ledger}
"""
DAYS = """
SELECT a.path, d.asset, sum(d.debits), sum(d.credits)
FROM balance_day d JOIN account a ON a.ledger_id = d.ledger_id AND a.id = d.account_id
WHERE d.ledger_id = {ledger} GROUP BY a.path, d.asset
"""


def read_books(database: Database, ledger: str = LEDGER) -> Books:
    """Return everything that counts of one ledger, in one snapshot."""
    with closing(connect(database)) as connection:
        isolation = " ISOLATION LEVEL REPEATABLE READ" if database.dialect == "postgresql" else ""
        connection.execute(f"BEGIN{isolation}")
        ((ledger_id,),) = connection.execute(f"SELECT id FROM ledger WHERE name = '{ledger}'").fetchall()

        def rows(statement: str) -> list[Any]:
            found: list[Any] = connection.execute(statement.format(ledger=int(ledger_id))).fetchall()
            return found

        return Books(
            {str(txn_id): description for txn_id, description in rows(TRANSACTIONS)},
            _postings(rows(POSTINGS)),
            {key: str(txn_id) for key, txn_id in rows(KEYS)},
            {(path, asset): BalanceRow(*rest) for path, asset, *rest in rows(BALANCES)},
            {(path, asset): (int(sums[0]), int(sums[1])) for path, asset, *sums in rows(DAYS)},
            {key: _remembered(status, answer) for key, status, answer in rows(ANSWERS)},
            _holds(rows(HOLDS), rows(HELD), rows(CAPTURES)),
        )


def _postings(rows: list[Any]) -> dict[str, list[PostedLeg]]:
    found: dict[str, list[PostedLeg]] = defaultdict(list)
    for txn_id, path, asset, amount, version, balance in rows:
        found[str(txn_id)].append(PostedLeg(Leg(path, asset, amount), version, balance))
    return dict(found)


def _remembered(status: int, answer: Any) -> Remembered:
    # One driver decodes the column, the other gives its text.
    kept = json.loads(answer) if isinstance(answer, str) else answer or {"body": "{}"}
    return Remembered(status, json.loads(kept["body"]))


def _holds(rows: list[Any], held: list[Any], captures: list[Any]) -> dict[str, HoldRow]:
    legs: dict[str, list[Leg]] = defaultdict(list)
    remaining: dict[str, list[int]] = defaultdict(list)
    transactions: dict[str, list[str]] = defaultdict(list)
    for hold_id, path, asset, amount, left in held:
        legs[str(hold_id)].append(Leg(path, asset, amount))
        remaining[str(hold_id)].append(left)
    for hold_id, txn_id in captures:
        transactions[str(hold_id)].append(str(txn_id))
    return {
        each: HoldRow(
            description, status, tuple(legs[each]), tuple(remaining[each]), tuple(transactions[each])
        )
        for each, description, status in ((str(hold_id), *rest) for hold_id, *rest in rows)
    }
