"""The pieces of the write, each defined once and assembled twice; those of running totals stand apart.

PostgreSQL runs them as data-modifying CTEs of one statement, SQLite one after another under its write
lock. What differs is handed in as a `Kit`, and the places a piece reads from are its arguments: a CTE
there, a table here.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Insert,
    Integer,
    Join,
    ScalarSelect,
    Select,
    and_,
    func,
    select,
)
from sqlalchemy.sql.dml import ReturningInsert

from myapp.ledger.core import ACCOUNT, IDEMPOTENCY, LEDGER_ID, POSTING, TXN
from myapp.ledger.inputs import BALANCES, KEYS, POSTINGS, TRANSACTIONS
from myapp.ledger.kit import Kit, Match
from myapp.ledger.types import Instant


def resolved(kit: Kit, ledger_id: ColumnElement[int] = LEDGER_ID) -> Select[Any]:
    """Select the balances asked for, each with its account's id, or NULL where there is none."""
    rows = kit.rows(BALANCES)
    known = and_(ACCOUNT.c.ledger_id == ledger_id, ACCOUNT.c.path == rows.c.path)
    joined, account = kit.sought(rows, ACCOUNT, known)
    # The ledger's id is a column too, so that a balance is found by its whole key. Where it is a constant,
    # SQLite's planner likes to begin a join with all the balances of the ledger.
    return select(
        *rows.c,
        ledger_id.label("ledger_id"),
        account.c.id.label("account_id"),
        account.c.status.label("account_status"),
    ).select_from(joined)


def claim_keys(kit: Kit, condition: ColumnElement[bool]) -> ReturningInsert[Any]:
    """Claim the idempotency keys; a key that is taken returns no row, once its first user has ended."""
    rows = kit.rows(KEYS)
    values = select(LEDGER_ID, rows.c.key, rows.c.fingerprint, rows.c.status, rows.c.txn_id, kit.now)
    columns = ["ledger_id", "key", "fingerprint", "status", "txn_id", "created_at"]
    statement = kit.insert(IDEMPOTENCY).from_select(columns, values.where(condition))
    claimed: ReturningInsert[Any] = statement.on_conflict_do_nothing().returning(IDEMPOTENCY.c.key)
    return claimed


def insert_transactions(
    kit: Kit, condition: ColumnElement[bool], now: ColumnElement[Any], *returned: ColumnElement[Any]
) -> ReturningInsert[Any]:
    """Record the transactions; one whose reference, id or reversal is taken returns no row.

    `now` is when those are recorded that bring no time of their own.
    """
    rows = kit.rows(TRANSACTIONS)
    values = (
        select(
            LEDGER_ID,
            rows.c.id,
            rows.c.kind,
            rows.c.description,
            rows.c.reference,
            rows.c.effective_at,
            _recorded_at(rows, now),
            rows.c.actor,
            kit.document(rows.c.metadata),
            rows.c.reverses,
        )
        .where(condition)
        .order_by(rows.c.number)
    )
    columns = [
        "ledger_id",
        "id",
        "kind",
        "description",
        "reference",
        "effective_at",
        "recorded_at",
        "actor",
        "metadata",
        "reverses",
    ]
    statement = kit.insert(TXN).from_select(columns, values)
    recorded: ReturningInsert[Any] = statement.on_conflict_do_nothing().returning(*returned)
    return recorded


def times_of(kit: Kit, now: ColumnElement[Any]) -> Select[Any]:
    """Select the transactions by their numbers, with their times as they are recorded."""
    rows = kit.rows(TRANSACTIONS)
    return select(rows.c.number, rows.c.id, rows.c.effective_at, _recorded_at(rows, now))


def _recorded_at(rows: FromClause, now: ColumnElement[Any]) -> ColumnElement[Any]:
    return func.coalesce(rows.c.recorded_at, now, type_=Instant()).label("recorded_at")


def landed(kit: Kit, rows: FromClause, balances: FromClause) -> Select[Any]:
    """Select what the write made of each resolved balance, beside its number."""
    joined = rows.join(balances, kit.same(*matches_of(balances, rows)), isouter=kit.outer)
    return select(
        rows.c.number,
        rows.c.ledger_id,
        rows.c.account_id,
        rows.c.asset,
        balances.c.debits,
        balances.c.credits,
        balances.c.version,
    ).select_from(joined)


def insert_postings(
    kit: Kit,
    balances: FromClause,
    transactions: FromClause,
    days: FromClause,
    months: FromClause,
    condition: ColumnElement[bool],
) -> Insert:
    """Record the postings, each with the version, the balance and the totals that it left behind.

    `balances` are what `landed` selects, `transactions` what `times_of` does, the others what the write made
    of them.
    """
    postings = kit.rows(POSTINGS)
    debits = balances.c.debits - postings.c.remaining_debits
    day = (days.c.day, postings.c.day)
    month = (months.c.month, postings.c.month)
    values = (
        select(
            balances.c.ledger_id,
            balances.c.account_id,
            balances.c.asset,
            balances.c.version - postings.c.later,
            transactions.c.id,
            postings.c.position,
            postings.c.amount,
            debits - (balances.c.credits - postings.c.remaining_credits),
            debits,
            transactions.c.effective_at,
            transactions.c.recorded_at,
            postings.c.day,
            days.c.debits - postings.c.later_day_debits,
            days.c.credits - postings.c.later_day_credits,
            postings.c.month,
            months.c.debits - postings.c.later_month_debits,
            months.c.credits - postings.c.later_month_credits,
        )
        .select_from(beside_balances(kit, postings, balances))
        .join(transactions, transactions.c.number == postings.c.txn_number, isouter=kit.outer)
        .join(days, kit.same(*matches_of(days, balances), day), isouter=kit.outer)
        .join(months, kit.same(*matches_of(months, balances), month), isouter=kit.outer)
        .where(condition)
    )
    columns = [
        "ledger_id",
        "account_id",
        "asset",
        "version",
        "txn_id",
        "position",
        "amount",
        "balance",
        "debits",
        "effective_at",
        "recorded_at",
        "day",
        "day_debits",
        "day_credits",
        "month",
        "month_debits",
        "month_credits",
    ]
    statement: Insert = kit.insert(POSTING).from_select(columns, values)
    return statement


def beside_balances(kit: Kit, given: FromClause, balances: FromClause) -> Join:
    """Return rows of the write beside what it made of the balance that they name, which `landed` selects."""
    return given.join(balances, balances.c.number == given.c.number, isouter=kit.outer)


def matches_of(some: FromClause, rows: FromClause) -> Iterable[Match]:
    """Return which columns must be equal for a row of `some` to be of the balance of one of `rows`."""
    return ((some.c[name], rows.c[name]) for name in ("ledger_id", "account_id", "asset"))


def count_of(rows: FromClause) -> ScalarSelect[Any]:
    """Return how many rows a piece returned."""
    return select(func.count(type_=Integer())).select_from(rows).scalar_subquery()
