"""Balances in the past, on two axes: as of an effective time, and as it was known at a recorded time.

As of an effective time alone it is a short sum of day totals, and so is what took effect within a period. As
known at a time alone it is the balance that the last posting by then left behind. On both axes at once, and
for debits and credits apart as they were known, the postings recorded by then are summed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import CTE, ColumnElement, Select, and_, case, cast, func, null, select, union_all
from sqlalchemy.orm import Session

from myapp.ledger.days import days_of
from myapp.ledger.known import versions_at
from myapp.ledger.tables import Balance, BalanceDay, Posting, Transaction
from myapp.ledger.types import Int64


@dataclass(frozen=True, slots=True)
class AsOf:
    """Inclusive bounds, None where there is none: the last effective and recorded time that count.

    With `since`, the first effective time that counts, it is no balance but what a period changed.
    """

    at: datetime | None = None
    known_at: datetime | None = None
    since: datetime | None = None


_PRESENT = AsOf()


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose balances: a ledger's, or those of some of its accounts, or in one asset."""

    ledger_id: int
    account_ids: Sequence[int] | None = None
    asset: str | None = None

    def of(self, table: Any) -> list[ColumnElement[bool]]:
        """Return the conditions on a table's rows."""
        conditions = [table.ledger_id == self.ledger_id]
        if self.account_ids is not None:
            conditions.append(table.account_id.in_(self.account_ids))
        if self.asset is not None:
            conditions.append(table.asset == self.asset)
        return conditions


def nets(scope: Scope, as_of: AsOf | None) -> Select[Any]:
    """Select account_id, asset and net, which is debits minus credits; no row where nothing was posted."""
    if as_of is None or as_of == _PRESENT:
        return _present(scope)
    if as_of.known_at is not None and as_of.at is None and as_of.since is None:
        return _balances_left(scope, versions_at(scope.of, as_of.known_at))
    summed = totals(scope, as_of).subquery("summed")
    net = (summed.c.debits - summed.c.credits).label("net")
    return select(summed.c.account_id, summed.c.asset, net).where(summed.c.postings > 0)


def _present(scope: Scope) -> Select[Any]:
    columns: list[Any] = [Balance.account_id, Balance.asset, (Balance.debits - Balance.credits).label("net")]
    # A balance that has a limit, but no posting yet, is none in the past either.
    return select(*columns).where(*scope.of(Balance), Balance.version > 0)


def totals(scope: Scope, as_of: AsOf) -> Select[Any]:
    """Select account_id, asset, debits, credits, the number of parts that were summed, and the version.

    The version is the one known then, NULL where the newest is.
    """
    if as_of == _PRESENT:
        raise ValueError("The present is no sum: it stands in the balances.")
    parts = _by_day(scope, as_of) if as_of.known_at is None else _by_posting(scope, as_of, as_of.known_at)
    return select(
        parts.c.account_id,
        parts.c.asset,
        cast(func.sum(parts.c.debits), Int64).label("debits"),
        cast(func.sum(parts.c.credits), Int64).label("credits"),
        func.count(parts.c.debits).label("postings"),
        func.max(parts.c.version).label("version"),
    ).group_by(parts.c.account_id, parts.c.asset)


def totals_as_of(
    session: Session, scope: Scope, as_of: AsOf
) -> dict[tuple[int, str], tuple[int, int, int | None]]:
    """Return (debits, credits, version known then) by account and asset, in the smallest unit."""
    rows = session.execute(totals(scope, as_of)).all()
    return {(row.account_id, row.asset): (row.debits or 0, row.credits or 0, row.version) for row in rows}


def net_as_of(session: Session, scope: Scope, as_of: AsOf) -> int:
    """Return debits minus credits of a scope of one account and one asset, in the smallest unit."""
    row = session.execute(nets(scope, as_of)).one_or_none()
    return 0 if row is None else int(row.net)


def _balances_left(scope: Scope, known: CTE) -> Select[Any]:
    # Looked up one by one, because a join may be made by reading the whole journal.
    left = (
        select(Posting.balance)
        .where(
            *scope.of(Posting),
            Posting.account_id == known.c.account_id,
            Posting.asset == known.c.asset,
            Posting.version == known.c.version,
        )
        .correlate(known)
        .scalar_subquery()
    )
    found = and_(known.c.size == 0, known.c.version > 0)
    return select(known.c.account_id, known.c.asset, left.label("net")).where(found)


def _by_posting(scope: Scope, as_of: AsOf, known_at: datetime) -> Any:
    # What took effect outside counts for nothing, but the version that was known stays the same.
    inside = _bounds(Posting.effective_at, as_of.since, as_of.at)
    amount = case((and_(*inside), Posting.amount)) if inside else Posting.amount
    columns = (Posting.account_id, Posting.asset, *_sides(amount), Posting.version)
    return select(*columns).where(*scope.of(Posting), Posting.recorded_at <= known_at).subquery()


def _by_day(scope: Scope, as_of: AsOf) -> Any:
    days = days_of(as_of.since, as_of.at)
    newest = cast(null(), Int64).label("version")
    columns = (BalanceDay.account_id, BalanceDay.asset, BalanceDay.debits, BalanceDay.credits, newest)
    whole = select(*columns).where(*scope.of(BalanceDay), *_bounds(BalanceDay.day, days.first, days.last))
    if not days.edges:
        return whole.subquery()
    return union_all(whole, *(_of_edge(scope, *edge).add_columns(newest) for edge in days.edges)).subquery()


def _of_edge(scope: Scope, start: datetime, end: datetime) -> Select[Any]:
    columns: list[Any] = [Posting.account_id, Posting.asset, *_sides(Posting.amount)]
    part = select(*columns).where(*scope.of(Posting))
    if scope.account_ids is not None:
        return part.where(*_bounds(Posting.effective_at, start, end))
    # Postings are found by time on one account alone. Of a whole ledger, its transactions lead to them.
    made_by = and_(Transaction.ledger_id == Posting.ledger_id, Transaction.id == Posting.txn_id)
    # True of every posting. Without it SQLite reads the whole ledger for each transaction, because it would
    # rather enter the primary key by one column than another index by two.
    made_by = and_(made_by, Posting.position >= 0)
    inside = _bounds(Transaction.effective_at, start, end)
    return part.join(Transaction, made_by).where(Transaction.ledger_id == scope.ledger_id, *inside)


def _bounds(column: Any, lowest: Any, highest: Any) -> list[ColumnElement[bool]]:
    bounds = [] if lowest is None else [column >= lowest]
    return bounds if highest is None else [*bounds, column <= highest]


def _sides(amount: Any) -> tuple[ColumnElement[int], ColumnElement[int]]:
    debits = case((amount > 0, amount), (amount < 0, 0)).label("debits")
    return debits, case((amount < 0, -amount), (amount > 0, 0)).label("credits")
