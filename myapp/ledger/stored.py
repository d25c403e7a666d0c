"""The stored totals of days and months: as they are, and as they were known at a recorded time.

The totals of a day are still the same where nothing was posted on it since; otherwise they are those that its
last posting by then left behind: one look a day, whatever was posted on it. So it is with months.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    ScalarSelect,
    Select,
    bindparam,
    case,
    func,
    literal_column,
    select,
    tuple_,
)

from myapp.ledger.core import BALANCE
from myapp.ledger.known import Conditions, Wanted, Where, is_found, looked_up, own_of, postings_of
from myapp.ledger.spans import Unit
from myapp.ledger.tables import Balance, BalanceDay, BalanceMonth, Posting
from myapp.ledger.types import Int64


@dataclass(frozen=True, slots=True)
class _Kept:
    """Where the totals by day or month are, and where what a posting left of them is."""

    table: Any
    period: Any
    period_of: Any
    debits_left: Any
    credits_left: Any


_KEPT: dict[Unit, _Kept] = {
    "day": _Kept(BalanceDay, BalanceDay.day, Posting.day, Posting.day_debits, Posting.day_credits),
    "month": _Kept(
        BalanceMonth, BalanceMonth.month, Posting.month, Posting.month_debits, Posting.month_credits
    ),
}


def of_a_span(
    number: int, unit: Unit, conditions: Conditions, wanted: Wanted, known: CTE | None
) -> Select[Any]:
    """Select account_id, asset and what is wanted of a span's totals in sum, NULL where there are none.

    The span is from `first_N` to `last_N`, inclusive, by its number; `known` has the versions that count.
    """
    kept = _KEPT[unit]
    first, last = (bindparam(f"{name}_{number}", type_=Int64) for name in ("first", "last"))
    within: Where = [*conditions(kept.table), kept.period >= first, kept.period <= last]
    newest = wanted(kept.table.debits, kept.table.credits)
    if known is None:
        # The balances lead to a few rows each: those of other days are not even looked at.
        sums = {name: func.sum(amount) for name, amount in newest.items()}
        return looked_up(BALANCE, sums, [*within, *own_of(kept.table, BALANCE)]).where(*conditions(Balance))
    left = wanted(kept.debits_left, kept.credits_left)
    is_newest = kept.table.version <= known.c.version
    sums = {
        name: func.sum(case((is_newest, newest[name]), else_=_left(kept, conditions, known, left[name])))
        for name in newest
    }
    is_known = kept.table.first_version <= known.c.version
    return looked_up(known, sums, [*within, *own_of(kept.table, known), is_known]).where(is_found(known))


def _left(kept: _Kept, conditions: Conditions, known: CTE, amount: ColumnElement[int]) -> ScalarSelect[Any]:
    # A day that is known has a posting by then, so the last one up to the day and the version is of that day.
    # Asked so, only the index by day answers; for a day's own last one, the key by version might be followed
    # back. As a sum, because SQLite enters an index by a pair only where the second is no column: of a day it
    # would go through all that was posted later. So it is with months.
    place = tuple_(kept.period_of, Posting.version)
    last = (
        select(amount)
        .where(*postings_of(conditions, known), place <= tuple_(kept.period, known.c.version + 0))
        .order_by(kept.period_of.desc(), Posting.version.desc())
        .limit(literal_column("1"))
    )
    return last.correlate(known, kept.table).scalar_subquery()
