"""The parts of days at the edges of a range of time, whose postings are summed one by one."""

from __future__ import annotations

from typing import Any

from sqlalchemy import CTE, ColumnElement, Select, bindparam, case, func, literal_column, tuple_

from myapp.ledger.core import BALANCE
from myapp.ledger.known import Conditions, Wanted, is_found, looked_up, postings_of
from myapp.ledger.tables import Balance, Posting
from myapp.ledger.types import Instant, Int64


def of_an_edge(number: int, conditions: Conditions, wanted: Wanted, known: CTE | None) -> Select[Any]:
    """Select account_id, asset and what is wanted of an edge in sum, NULL where nothing was posted.

    The edge is from `start_N` to `end_N`, inclusive, by its number; `known` has the versions that count.
    """
    # Postings are found by time on one balance alone, so the balances lead to them.
    found = [*postings_of(conditions, BALANCE if known is None else known), *_within(number)]
    sums = {name: func.sum(amount) for name, amount in wanted(*_sides(Posting.amount)).items()}
    if known is None:
        return looked_up(BALANCE, sums, found).where(*conditions(Balance))
    return looked_up(known, sums, [*found, Posting.version <= known.c.version]).where(is_found(known))


def _within(number: int) -> tuple[ColumnElement[bool], ...]:
    start, end = (bindparam(f"{name}_{number}", type_=Instant()) for name in ("start", "end"))
    # By a pair, with which only the index by time can be entered: before PostgreSQL has analysed the table,
    # others of a balance's postings, or of a ledger's, often seem as good to it.
    place = tuple_(Posting.effective_at, Posting.version)
    return place >= tuple_(start, literal_column("0", Int64)), Posting.effective_at <= end


def _sides(amount: Any) -> tuple[ColumnElement[int], ColumnElement[int]]:
    return case((amount > 0, amount), else_=0), case((amount < 0, -amount), else_=0)
