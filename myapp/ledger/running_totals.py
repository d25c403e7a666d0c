"""The pieces of the write that add to running totals: balances within their limits, days and months.

They are assembled as those of `myapp.ledger.pieces` are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Insert,
    Table,
    Update,
    and_,
    func,
    literal_column,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.sql.dml import ReturningInsert

from myapp.ledger.core import BALANCE, BALANCE_DAY, BALANCE_MONTH, LEDGER_ID, OWN_LEDGER_ID
from myapp.ledger.inputs import DAYS, MONTHS
from myapp.ledger.kit import Kit
from myapp.ledger.money import MINOR_MAX
from myapp.ledger.pieces import beside_balances, resolved
from myapp.ledger.sources import Source, materialized
from myapp.ledger.types import Int64, SortedText
from myapp.ledger.wide_sums import within_64_bits

OPEN = "open"
_OPEN: ColumnElement[str] = literal_column(f"'{OPEN}'", SortedText)
_ZERO: ColumnElement[int] = literal_column("0", Int64)
_MOST: ColumnElement[int] = literal_column(str(MINOR_MAX), Int64)
# The pairs of totals that a write may add to: what is posted, and what is held.
POSTED = ("debits", "credits")
PENDING = ("pending_debits", "pending_credits")


@dataclass(frozen=True, slots=True)
class Totals:
    """The totals by effective day or month: what is added, their table, and its column that tells which."""

    source: Source
    table: Table
    period: str


BY_DAY = Totals(DAYS, BALANCE_DAY, "day")
BY_MONTH = Totals(MONTHS, BALANCE_MONTH, "month")


def upsert_balances(
    kit: Kit, rows: FromClause, condition: ColumnElement[bool], into: tuple[str, str] = POSTED
) -> ReturningInsert[Any]:
    """Add to the balances within limits and range; a row that refuses is missing from what is returned.

    Sorted by key, because unsorted writers deadlock.
    """
    added = dict(zip(into, (rows.c.debits, rows.c.credits), strict=True))
    totals = [*POSTED, *PENDING]
    values = (
        select(
            LEDGER_ID,
            rows.c.account_id,
            rows.c.asset,
            rows.c.account_status,
            *(added.get(name, _ZERO) for name in totals),
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
        where=and_(
            BALANCE.c.status == _OPEN, *_within_range(statement.excluded, into), _within_limits(kit, rows)
        ),
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


def _within_range(proposed: Any, into: tuple[str, str]) -> list[ColumnElement[bool]]:
    # What is held counts as if it had been captured: otherwise a capture could find no room left. No part of
    # this leaves 64 bits itself, which SQLite would not notice.
    room = (_MOST - BALANCE.c[total] - BALANCE.c[held] for total, held in zip(POSTED, PENDING, strict=True))
    return [
        or_(proposed[name] == _ZERO, proposed[name] <= each) for name, each in zip(into, room, strict=True)
    ]


def _within_limits(kit: Kit, rows: FromClause) -> ColumnElement[bool]:
    # Only a move towards a limit can be refused: an account that is past it may always come back.
    # Holds count as if they had been captured.
    own = rows.alias("own")
    balance = BALANCE.c
    # Where it lies beyond 64 bits, no move is on the wrong side of it.
    least = within_64_bits([balance.lowest, balance.credits, balance.pending_credits], [balance.debits])
    most = within_64_bits([balance.highest, balance.credits], [balance.debits, balance.pending_debits])
    above = func.coalesce(_own(kit, own, "lowest") >= least, true())
    below = func.coalesce(_own(kit, own, "highest") <= most, true())
    return and_(or_(balance.lowest.is_(None), above), or_(balance.highest.is_(None), below))


def _own(kit: Kit, own: FromClause, column: str) -> ColumnElement[Any]:
    # The proposed row has no column for the extremes, and must not: on a new row they would be stored.
    # The target's columns are written as text, because SQLAlchemy does not correlate to an INSERT's table.
    account_id: ColumnElement[int] = literal_column("balance.account_id", Int64)
    asset: ColumnElement[str] = literal_column("balance.asset", SortedText)
    return kit.found(own, own.c[column], (own.c.account_id, account_id), (own.c.asset, asset))


def upsert_totals(kit: Kit, totals: Totals, balances: FromClause, condition: ColumnElement[bool]) -> Insert:
    """Add to the totals per effective day or month; the balance rows' locks keep writers apart.

    `balances` are what `landed` selects.
    """
    added = kit.rows(totals.source)
    values = (
        select(
            balances.c.ledger_id,
            balances.c.account_id,
            balances.c.asset,
            added.c.period,
            added.c.debits,
            added.c.credits,
            balances.c.version - added.c.after_first,
            balances.c.version - added.c.after_last,
        )
        .select_from(beside_balances(kit, added, balances))
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
