"""Balances in the past, on two axes: as of an effective time, and as it was known at a recorded time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, case, cast, func, null, select, union_all
from sqlalchemy.orm import Session

from myapp.ledger.plan import day_of
from myapp.ledger.tables import BalanceDay, Posting
from myapp.ledger.types import Int64

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class AsOf:
    """Two inclusive bounds; None means no bound on that axis."""

    at: datetime | None = None
    known_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Scope:
    """Whose postings: of a ledger, or of some of its accounts, or of those in one asset."""

    ledger_id: int
    account_ids: Sequence[int] | None
    asset: str | None

    def of(self, table: Any) -> list[ColumnElement[bool]]:
        """Return the conditions on a table's rows."""
        conditions = [table.ledger_id == self.ledger_id]
        if self.account_ids is not None:
            conditions.append(table.account_id.in_(self.account_ids))
        if self.asset is not None:
            conditions.append(table.asset == self.asset)
        return conditions


def totals(
    ledger_id: int, as_of: AsOf, account_ids: Sequence[int] | None = None, asset: str | None = None
) -> Select[Any]:
    """Select account_id, asset, debits, credits and the version known then, by balance row.

    Without `known_at` it is a short sum of day totals and of the postings of the last, partial day.
    """
    scope = _Scope(ledger_id, account_ids, asset)
    if as_of.known_at is None and as_of.at is not None:
        parts = _by_day(scope, as_of.at)
    else:
        parts = _by_posting(scope, as_of)
    return select(
        parts.c.account_id,
        parts.c.asset,
        cast(func.sum(parts.c.debits), Int64).label("debits"),
        cast(func.sum(parts.c.credits), Int64).label("credits"),
        func.max(parts.c.version).label("version"),
    ).group_by(parts.c.account_id, parts.c.asset)


def totals_as_of(
    session: Session, ledger_id: int, as_of: AsOf, account_ids: Sequence[int], asset: str | None = None
) -> dict[tuple[int, str], tuple[int, int, int | None]]:
    """Return (debits, credits, version known then) by account and asset, in the smallest unit."""
    rows = session.execute(totals(ledger_id, as_of, account_ids, asset)).all()
    return {(row.account_id, row.asset): (row.debits, row.credits, row.version) for row in rows}


def _by_day(scope: _Scope, at: datetime) -> Any:
    # The day of the next instant: the last instant of a day still covers all of it.
    day = day_of(at + timedelta(microseconds=1)) if at < datetime.max.replace(tzinfo=at.tzinfo) else None
    whole = select(
        BalanceDay.account_id,
        BalanceDay.asset,
        BalanceDay.debits,
        BalanceDay.credits,
        cast(null(), Int64).label("version"),
    ).where(*scope.of(BalanceDay))
    if day is None:
        return whole.subquery()
    start = datetime.fromtimestamp(0, at.tzinfo) + day * _DAY
    partial = _postings(scope).where(Posting.effective_at >= start, Posting.effective_at <= at)
    return union_all(whole.where(BalanceDay.day < day), partial).subquery()


def _by_posting(scope: _Scope, as_of: AsOf) -> Any:
    postings = _postings(scope)
    if as_of.at is not None:
        postings = postings.where(Posting.effective_at <= as_of.at)
    if as_of.known_at is not None:
        postings = postings.where(Posting.recorded_at <= as_of.known_at)
    return postings.subquery()


def _postings(scope: _Scope) -> Select[Any]:
    return select(
        Posting.account_id,
        Posting.asset,
        case((Posting.amount > 0, Posting.amount), else_=0).label("debits"),
        case((Posting.amount < 0, -Posting.amount), else_=0).label("credits"),
        Posting.version,
    ).where(*scope.of(Posting))
