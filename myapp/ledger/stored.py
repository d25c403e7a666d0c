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

from myapp.ledger.edges import summed
from myapp.ledger.known import Conditions, Wanted, Where, is_found, looked_up, own_of, postings_of
from myapp.ledger.pieces import BALANCE
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


class Stored:
    """The totals of a span of days or months: those from `first_N` to `last_N`, by the span's number."""

    def __init__(self, number: int, unit: Unit) -> None:
        self._kept = _KEPT[unit]
        first, last = (bindparam(f"{name}_{number}", type_=Int64) for name in ("first", "last"))
        self._within: Where = [self._kept.period >= first, self._kept.period <= last]

    def now(self, conditions: Conditions, wanted: Wanted) -> Select[Any]:
        """Select account_id, asset and what is wanted of the totals in sum, NULL where there are none."""
        table = self._kept.table
        found = [*conditions(table), *own_of(table, BALANCE), *self._within]
        sums = summed(wanted(table.debits, table.credits))
        # The balances lead to a few rows each: those of other days are not even looked at.
        return looked_up(BALANCE, sums, found).where(*conditions(Balance))

    def known(self, conditions: Conditions, known: CTE, wanted: Wanted) -> Select[Any]:
        """Select the same of the totals as they were known; NULL where nothing was known of any of them."""
        table = self._kept.table
        newest = wanted(table.debits, table.credits)
        left = wanted(self._kept.debits_left, self._kept.credits_left)
        is_newest = table.version <= known.c.version
        sums = {
            name: func.sum(case((is_newest, newest[name]), else_=self._left(conditions, known, left[name])))
            for name in newest
        }
        is_known = table.first_version <= known.c.version
        found = [*conditions(table), *own_of(table, known), *self._within, is_known]
        return looked_up(known, sums, found).where(is_found(known))

    def _left(self, conditions: Conditions, known: CTE, amount: ColumnElement[int]) -> ScalarSelect[Any]:
        # A day that is known has a posting by then, so the last one up to the day and the version is of that
        # day. Asked so, only the index by day answers; for a day's own last one, the key by version might be
        # followed back. As a sum, because SQLite enters an index by a pair only where the second is no
        # column: of a day it would go through all that was posted later. So it is with months.
        place = tuple_(self._kept.period_of, Posting.version)
        last = (
            select(amount)
            .where(*postings_of(conditions, known), place <= tuple_(self._kept.period, known.c.version + 0))
            .order_by(self._kept.period_of.desc(), Posting.version.desc())
            .limit(literal_column("1"))
        )
        return last.correlate(known, self._kept.table).scalar_subquery()
