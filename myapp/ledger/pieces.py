"""The pieces of the write, each defined once and assembled twice.

PostgreSQL runs them as data-modifying CTEs of one statement, SQLite one after another under its write
lock. What differs is handed in as a `Kit`, and the places a piece reads from are its arguments: a CTE
there, a table here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Insert,
    Integer,
    ScalarSelect,
    Select,
    Table,
    Update,
    and_,
    bindparam,
    func,
    literal_column,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.sql.dml import ReturningInsert

from myapp.ledger.inputs import BALANCES, DAYS, KEYS, MONTHS, POSTINGS, TRANSACTIONS
from myapp.ledger.kit import Kit, Match
from myapp.ledger.sources import Source, materialized
from myapp.ledger.tables import (
    Account,
    Balance,
    BalanceDay,
    BalanceMonth,
    Idempotency,
    Posting,
    Transaction,
    table_of,
)
from myapp.ledger.types import Instant, Int64, SortedText

LEDGER_ID: ColumnElement[int] = bindparam("ledger_id", type_=Int64)
# In an UPDATE, where SQLAlchemy takes a parameter with the name of a column for a new value.
OWN_LEDGER_ID: ColumnElement[int] = bindparam("own_ledger_id", type_=Int64)
OPEN = "open"
_OPEN: ColumnElement[str] = literal_column(f"'{OPEN}'", SortedText)
# The pairs of totals that a write may add to: what is posted, and what is held.
POSTED = ("debits", "credits")
PENDING = ("pending_debits", "pending_credits")

# The tables themselves, not the classes: the hot path needs nothing of the ORM.
ACCOUNT, BALANCE, IDEMPOTENCY, POSTING, TXN = (
    table_of(model) for model in (Account, Balance, Idempotency, Posting, Transaction)
)


@dataclass(frozen=True, slots=True)
class Totals:
    """The totals by effective day or month: what is added, their table, and its column that tells which."""

    source: Source
    table: Table
    period: str


BY_DAY = Totals(DAYS, table_of(BalanceDay), "day")
BY_MONTH = Totals(MONTHS, table_of(BalanceMonth), "month")


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


def upsert_balances(
    kit: Kit, rows: FromClause, condition: ColumnElement[bool], into: tuple[str, str] = POSTED
) -> ReturningInsert[Any]:
    """Add to the balances within their limits; a row that refuses is missing from what is returned.

    Sorted by key, because unsorted writers deadlock.
    """
    zero: ColumnElement[int] = literal_column("0", Int64)
    added = dict(zip(into, (rows.c.debits, rows.c.credits), strict=True))
    totals = [*POSTED, *PENDING]
    values = (
        select(
            LEDGER_ID,
            rows.c.account_id,
            rows.c.asset,
            rows.c.account_status,
            *(added.get(name, zero) for name in totals),
            rows.c.postings,
        )
        .where(condition, rows.c.account_status == _OPEN)
        .order_by(rows.c.account_id, rows.c.asset)
    )
    columns = ["ledger_id", "account_id", "asset", "status", *totals, "version"]
    statement = kit.insert(BALANCE).from_select(columns, values)
    upserted: ReturningInsert[Any] = statement.on_conflict_do_update(
        index_elements=list(BALANCE.primary_key),
        set_={name: BALANCE.c[name] + statement.excluded[name] for name in (*into, "version")},
        where=and_(BALANCE.c.status == _OPEN, _within_limits(kit, rows)),
    ).returning(
        BALANCE.c.ledger_id,
        BALANCE.c.account_id,
        BALANCE.c.asset,
        BALANCE.c.debits,
        BALANCE.c.credits,
        BALANCE.c.version,
    )
    return upserted


def take_back(kit: Kit, into: tuple[str, str] = POSTED) -> Update:
    """Undo `upsert_balances` on the rows that did not refuse; their locks are the writer's still."""
    rows = materialized(resolved(kit, OWN_LEDGER_ID), "resolved")
    totals = dict(zip((*into, "version"), (rows.c.debits, rows.c.credits, rows.c.postings), strict=True))
    return (
        update(BALANCE)
        .values({name: BALANCE.c[name] - added for name, added in totals.items()})
        .where(
            BALANCE.c.ledger_id == OWN_LEDGER_ID,
            BALANCE.c.account_id == rows.c.account_id,
            BALANCE.c.asset == rows.c.asset,
        )
    )


def _within_limits(kit: Kit, rows: FromClause) -> ColumnElement[bool]:
    # Only a move towards a limit can be refused: an account that is past it may always come back.
    # Holds count as if they had been captured.
    own = rows.alias("own")
    held_out = BALANCE.c.debits - BALANCE.c.credits - BALANCE.c.pending_credits
    held_in = BALANCE.c.debits - BALANCE.c.credits + BALANCE.c.pending_debits
    above = func.coalesce(held_out + _own(kit, own, "lowest") >= BALANCE.c.lowest, true())
    below = func.coalesce(held_in + _own(kit, own, "highest") <= BALANCE.c.highest, true())
    return and_(or_(BALANCE.c.lowest.is_(None), above), or_(BALANCE.c.highest.is_(None), below))


def _own(kit: Kit, own: FromClause, column: str) -> ColumnElement[Any]:
    # The proposed row has no column for the extremes, and must not: on a new row they would be stored.
    # The target's columns are written as text, because SQLAlchemy does not correlate to an INSERT's table.
    account_id: ColumnElement[int] = literal_column("balance.account_id", Int64)
    asset: ColumnElement[str] = literal_column("balance.asset", SortedText)
    return kit.found(own, own.c[column], (own.c.account_id, account_id), (own.c.asset, asset))


def insert_transactions(kit: Kit, condition: ColumnElement[bool]) -> ReturningInsert[Any]:
    """Record the transactions; one whose reference, id or reversal is taken returns no row."""
    rows = kit.rows(TRANSACTIONS)
    values = (
        select(
            LEDGER_ID,
            rows.c.id,
            rows.c.kind,
            rows.c.description,
            rows.c.reference,
            rows.c.effective_at,
            _recorded_at(kit, rows),
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
    recorded: ReturningInsert[Any] = statement.on_conflict_do_nothing().returning(
        TXN.c.id, TXN.c.effective_at, TXN.c.recorded_at
    )
    return recorded


def times_of(kit: Kit) -> Select[Any]:
    """Select the transactions' times as they are about to be recorded."""
    rows = kit.rows(TRANSACTIONS)
    return select(rows.c.id, rows.c.effective_at, _recorded_at(kit, rows))


def _recorded_at(kit: Kit, rows: FromClause) -> ColumnElement[Any]:
    return func.coalesce(rows.c.recorded_at, kit.now, type_=Instant()).label("recorded_at")


def insert_postings(
    kit: Kit,
    rows: FromClause,
    balances: FromClause,
    transactions: FromClause,
    days: FromClause,
    months: FromClause,
) -> Insert:
    """Record the postings, each with the version, the balance and the totals that it left behind.

    `rows` are the resolved balances, the others what the write made of them.
    """
    postings = kit.rows(POSTINGS)
    debits = balances.c.debits - postings.c.remaining_debits
    values = (
        select(
            rows.c.ledger_id,
            rows.c.account_id,
            rows.c.asset,
            balances.c.version - postings.c.later,
            postings.c.txn_id,
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
        .select_from(postings)
        .join(rows, rows.c.number == postings.c.number, isouter=kit.outer)
        .join(balances, kit.same(*_balance_keys(balances, rows)), isouter=kit.outer)
        .join(transactions, transactions.c.id == postings.c.txn_id, isouter=kit.outer)
        .join(days, kit.same(*_balance_keys(days, rows), (days.c.day, postings.c.day)), isouter=kit.outer)
        .join(
            months,
            kit.same(*_balance_keys(months, rows), (months.c.month, postings.c.month)),
            isouter=kit.outer,
        )
        .where(true())
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


def _balance_keys(some: FromClause, rows: FromClause) -> Iterable[Match]:
    return ((some.c[name], rows.c[name]) for name in ("ledger_id", "account_id", "asset"))


def upsert_totals(
    kit: Kit, totals: Totals, rows: FromClause, balances: FromClause, condition: ColumnElement[bool]
) -> Insert:
    """Add to the totals per effective day or month; the balance rows' locks keep writers apart.

    `rows` are the resolved balances, and `balances` what the write made of them.
    """
    added = kit.rows(totals.source)
    values = (
        select(
            rows.c.ledger_id,
            rows.c.account_id,
            rows.c.asset,
            added.c.period,
            added.c.debits,
            added.c.credits,
            balances.c.version - added.c.after_first,
            balances.c.version - added.c.after_last,
        )
        .select_from(added)
        .join(rows, rows.c.number == added.c.number, isouter=kit.outer)
        .join(balances, kit.same(*_balance_keys(balances, rows)), isouter=kit.outer)
        .where(condition)
    )
    table = totals.table
    columns = [
        "ledger_id",
        "account_id",
        "asset",
        totals.period,
        "debits",
        "credits",
        "first_version",
        "version",
    ]
    statement = kit.insert(table).from_select(columns, values)
    totalled: Insert = statement.on_conflict_do_update(
        index_elements=list(table.primary_key),
        set_={
            "debits": table.c.debits + statement.excluded.debits,
            "credits": table.c.credits + statement.excluded.credits,
            "version": statement.excluded.version,
        },
    )
    return totalled


def count_of(rows: FromClause) -> ScalarSelect[Any]:
    """Return how many rows a piece returned."""
    return select(func.count(type_=Integer())).select_from(rows).scalar_subquery()
