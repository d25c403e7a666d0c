"""The statements that sum balances of the past, each made once for all questions of one shape.

To make one takes longer than to run it. So what a question asks for is a parameter, and a shape tells which
parameters there are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import CTE, ColumnElement, Select, bindparam, cast, func, null, select, union_all

from myapp.ledger.edges import Edge, of_a_ledger, of_an_account, of_each, summed
from myapp.ledger.known import Wanted, is_found, totals_left, versions_at
from myapp.ledger.known_days import all_but_days_left, counted, days_left
from myapp.ledger.pieces import LEDGER_ID
from myapp.ledger.tables import Balance, BalanceDay
from myapp.ledger.types import Instant, Int64, SortedText

_ACCOUNT_ID = bindparam("account_id", type_=Int64)
_ASSET = bindparam("asset", type_=SortedText)
_FIRST_DAY, _LAST_DAY = (bindparam(name, type_=Int64) for name in ("first_day", "last_day"))
_KNOWN_AT = bindparam("known_at", type_=Instant())
_NO_VERSION = cast(null(), Int64).label("version")


@dataclass(frozen=True, slots=True)
class Shape:
    """Which bounds a question has: of whose balances, of whole days, at how many edges, of what is known."""

    account: bool
    asset: bool
    first_day: bool
    last_day: bool
    edges: int
    known: bool

    def of(self, table: Any) -> list[ColumnElement[bool]]:
        """Return the conditions on a table's rows that tell whose balances."""
        conditions = [table.ledger_id == LEDGER_ID]
        if self.account:
            conditions.append(table.account_id == _ACCOUNT_ID)
        if self.asset:
            conditions.append(table.asset == _ASSET)
        return conditions

    @property
    def is_bounded(self) -> bool:
        """Tell whether it matters when something took effect."""
        return self.first_day or self.last_day

    def days(self) -> list[ColumnElement[bool]]:
        """Return the conditions on BalanceDay that tell which whole days."""
        first = [BalanceDay.day >= _FIRST_DAY] if self.first_day else []
        return [*first, BalanceDay.day <= _LAST_DAY] if self.last_day else first


@cache
def present(shape: Shape) -> Select[Any]:
    """Select account_id, asset and net of now."""
    columns: list[Any] = [Balance.account_id, Balance.asset, (Balance.debits - Balance.credits).label("net")]
    # A balance that has a limit, but no posting yet, is none in the past either.
    return select(*columns).where(*shape.of(Balance), Balance.version > 0)


@cache
def nets(shape: Shape) -> Select[Any]:
    """Select account_id, asset and net; no row where nothing was posted."""
    summed = _summed(shape, _net).subquery("summed")
    return select(summed.c.account_id, summed.c.asset, summed.c.net).where(summed.c.net.is_not(None))


@cache
def totals(shape: Shape) -> Select[Any]:
    """Select account_id, asset, debits, credits and the version; both sides are NULL where nothing moved.

    The version is the one known then, NULL where the newest is.
    """
    return _summed(shape, _apart)


def _net(debits: Any, credits_: Any) -> dict[str, ColumnElement[int]]:
    return {"net": debits - credits_}


def _apart(debits: Any, credits_: Any) -> dict[str, ColumnElement[int]]:
    return {"debits": debits, "credits": credits_}


def _summed(shape: Shape, wanted: Wanted) -> Select[Any]:
    if shape.known and not shape.is_bounded:
        known = versions_at(shape.of, _KNOWN_AT)
        return totals_left(shape.of, known, wanted).add_columns(known.c.version)
    parts = union_all(*_parts(shape, wanted)).subquery("parts")
    names = wanted(BalanceDay.debits, BalanceDay.credits)
    return select(
        parts.c.account_id,
        parts.c.asset,
        *(cast(func.sum(parts.c[name]), Int64).label(name) for name in names),
        func.max(parts.c.version).label("version"),
    ).group_by(parts.c.account_id, parts.c.asset)


def _parts(shape: Shape, wanted: Wanted) -> Iterator[Select[Any]]:
    known = versions_at(shape.of, _KNOWN_AT) if shape.known else None
    for number in range(shape.edges):
        yield _of_edge(shape, Edge(number), wanted, known).add_columns(_NO_VERSION)
    if known is None:
        yield _of_days_now(shape, wanted).add_columns(_NO_VERSION)
        return
    for days in _known_days(shape, known, wanted):
        yield days.add_columns(_NO_VERSION)
    # What took effect outside counts for nothing, but the version that was known stays the same.
    nothing = {name: cast(null(), Int64) for name in wanted(BalanceDay.debits, BalanceDay.credits)}
    yield of_each(known.c, nothing).add_columns(known.c.version).where(is_found(known))


def _of_edge(shape: Shape, edge: Edge, wanted: Wanted, known: CTE | None) -> Select[Any]:
    if shape.account:
        return of_an_account(shape.of, edge, wanted, known)
    return of_a_ledger(shape.of, edge, wanted, _KNOWN_AT if shape.known else None)


def _of_days_now(shape: Shape, wanted: Wanted) -> Select[Any]:
    # Summed here already: along the key it costs nothing, while all parts together have to be sorted.
    now = of_each(BalanceDay, summed(wanted(BalanceDay.debits, BalanceDay.credits)))
    return now.where(*shape.of(BalanceDay), *shape.days()).group_by(BalanceDay.account_id, BalanceDay.asset)


def _known_days(shape: Shape, known: CTE, wanted: Wanted) -> Iterator[Select[Any]]:
    if shape.first_day or not shape.last_day:
        yield days_left(shape.of, known, shape.days(), wanted)
        return
    known = counted(shape.of, known, _LAST_DAY)
    from_end = known.c.excess > 0
    yield days_left(shape.of, known, shape.days(), wanted).where(func.coalesce(known.c.excess, 0) <= 0)
    yield all_but_days_left(shape.of, known, [BalanceDay.day > _LAST_DAY], wanted).where(from_end)
