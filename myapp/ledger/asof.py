"""Balances in the past, on two axes: as of an effective time, and as it was known at a recorded time.

As of an effective time it is a short sum of day totals, and so is what took effect within a period. On both
axes at once the totals of each day are those that were known then, and so it is for debits and credits apart.
As known at a time alone it is the balance that the last posting by then left behind. No sum is over postings,
but for the part of a day at an edge that is within it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, cast, func, null, select, union_all
from sqlalchemy.orm import Session

from myapp.ledger.days import days_of
from myapp.ledger.known import Wanted, balances_left, days_left, is_found, versions_at
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
_BALANCE_KEY = ("ledger_id", "account_id", "asset")
Amounts = Mapping[str, ColumnElement[int]]


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
        return balances_left(scope.of, versions_at(scope.of, as_of.known_at))
    summed = _summed(scope, as_of, _net).subquery("summed")
    return select(summed.c.account_id, summed.c.asset, summed.c.net).where(summed.c.net.is_not(None))


def _present(scope: Scope) -> Select[Any]:
    columns: list[Any] = [Balance.account_id, Balance.asset, (Balance.debits - Balance.credits).label("net")]
    # A balance that has a limit, but no posting yet, is none in the past either.
    return select(*columns).where(*scope.of(Balance), Balance.version > 0)


def totals(scope: Scope, as_of: AsOf) -> Select[Any]:
    """Select account_id, asset, debits, credits and the version; both sides are NULL where nothing moved.

    The version is the one known then, NULL where the newest is.
    """
    if as_of == _PRESENT:
        raise ValueError("The present is no sum: it stands in the balances.")
    return _summed(scope, as_of, _apart)


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


def _net(debits: Any, credits_: Any) -> Amounts:
    return {"net": debits - credits_}


def _apart(debits: Any, credits_: Any) -> Amounts:
    return {"debits": debits, "credits": credits_}


def _summed(scope: Scope, as_of: AsOf, wanted: Wanted) -> Select[Any]:
    parts = union_all(*_parts(scope, as_of, wanted)).subquery("parts")
    names = wanted(BalanceDay.debits, BalanceDay.credits)
    return select(
        parts.c.account_id,
        parts.c.asset,
        *(cast(func.sum(parts.c[name]), Int64).label(name) for name in names),
        func.max(parts.c.version).label("version"),
    ).group_by(parts.c.account_id, parts.c.asset)


def _parts(scope: Scope, as_of: AsOf, wanted: Wanted) -> Iterator[Select[Any]]:
    days = days_of(as_of.since, as_of.at)
    whole = _bounds(BalanceDay.day, days.first, days.last)
    newest = cast(null(), Int64).label("version")
    edges = (_of_edge(scope, edge, wanted).add_columns(newest) for edge in days.edges)
    if as_of.known_at is None:
        now = _of(BalanceDay, wanted(BalanceDay.debits, BalanceDay.credits))
        yield now.where(*scope.of(BalanceDay), *whole).add_columns(newest)
        yield from edges
        return
    known = versions_at(scope.of, as_of.known_at)
    yield days_left(scope.of, known, whole, wanted).add_columns(newest)
    yield from (edge.where(Posting.recorded_at <= as_of.known_at) for edge in edges)
    # What took effect outside counts for nothing, but the version that was known stays the same.
    names = wanted(BalanceDay.debits, BalanceDay.credits)
    nothing = (cast(null(), Int64).label(name) for name in names)
    yield select(known.c.account_id, known.c.asset, *nothing, known.c.version).where(is_found(known))


def _of(table: Any, amounts: Amounts) -> Select[Any]:
    columns: list[Any] = [table.account_id, table.asset]
    return select(*columns, *(amount.label(name) for name, amount in amounts.items()))


def _of_edge(scope: Scope, edge: tuple[datetime, datetime], wanted: Wanted) -> Select[Any]:
    start, end = edge
    part = _of(Posting, wanted(*_sides(Posting.amount))).where(*scope.of(Posting))
    if scope.account_ids is not None:
        # Postings are found by time on one balance alone, so an account's balances lead to them.
        own = and_(*(getattr(Posting, name) == getattr(Balance, name) for name in _BALANCE_KEY))
        part = part.join(Balance, own).where(*scope.of(Balance))
        return part.where(*_bounds(Posting.effective_at, start, end))
    # Of a whole ledger, its transactions do.
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
    return case((amount > 0, amount), else_=0), case((amount < 0, -amount), else_=0)
