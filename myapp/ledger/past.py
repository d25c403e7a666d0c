"""The statements that sum balances of the past, each made once for all questions of one shape.

To make one takes longer than to run it. So what a question asks for is a parameter, and a shape tells which
parameters there are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, cast, func, null, select, union_all

from myapp.ledger.core import LEDGER_ID
from myapp.ledger.edges import of_an_edge
from myapp.ledger.known import Wanted, is_found, totals_left, versions_at
from myapp.ledger.spans import Unit
from myapp.ledger.stored import of_a_span
from myapp.ledger.tables import Balance
from myapp.ledger.types import Instant, Int64, SortedText

_ACCOUNT_ID = bindparam("account_id", type_=Int64)
_ASSET = bindparam("asset", type_=SortedText)
_KNOWN_AT = bindparam("known_at", type_=Instant())
_ABSENT = cast(null(), Int64)
_NO_VERSION = _ABSENT.label("version")


@dataclass(frozen=True, slots=True)
class Shape:
    """Which bounds a question has: of whose balances, of when something took effect, of what is known.

    Of effective time there are spans, told by their units, and edges, told by their number; without any bound
    there are neither.
    """

    account: bool
    asset: bool
    spans: tuple[Unit, ...]
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
    if shape.known and not shape.spans:
        known = versions_at(shape.of, _KNOWN_AT)
        return totals_left(shape.of, known, wanted).add_columns(known.c.version)
    parts = union_all(*_parts(shape, wanted)).subquery("parts")
    return select(
        parts.c.account_id,
        parts.c.asset,
        *(cast(func.sum(parts.c[name]), Int64).label(name) for name in wanted(_ABSENT, _ABSENT)),
        func.max(parts.c.version).label("version"),
    ).group_by(parts.c.account_id, parts.c.asset)


def _parts(shape: Shape, wanted: Wanted) -> Iterator[Select[Any]]:
    known = versions_at(shape.of, _KNOWN_AT) if shape.known else None
    for number in range(shape.edges):
        yield of_an_edge(number, shape.of, wanted, known).add_columns(_NO_VERSION)
    for number, unit in enumerate(shape.spans):
        yield of_a_span(number, unit, shape.of, wanted, known).add_columns(_NO_VERSION)
    if known is not None:
        # What took effect outside counts for nothing, but the version that was known stays the same.
        nothing = (absent.label(name) for name, absent in wanted(_ABSENT, _ABSENT).items())
        version = known.c.version
        yield select(known.c.account_id, known.c.asset, *nothing, version).where(is_found(known))
