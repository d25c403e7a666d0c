"""The parts of days at the edges of a range of time, whose postings are summed one by one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import CTE, ColumnElement, Select, bindparam, case, func, literal_column, select, tuple_

from myapp.ledger.known import Conditions, Wanted, is_found, looked_up, postings_of
from myapp.ledger.pieces import BALANCE
from myapp.ledger.tables import Balance, Posting
from myapp.ledger.types import Instant, Int64


class Edge:
    """The effective times of a part of a day, both inclusive.

    They are the parameters `start_N` and `end_N`, by the edge's number.
    """

    def __init__(self, number: int) -> None:
        self.start, self.end = (bindparam(f"{name}_{number}", type_=Instant()) for name in ("start", "end"))

    def has_posting(self) -> tuple[ColumnElement[bool], ...]:
        """Return the conditions that a posting's time is within."""
        # By a pair, with which only the index by time can be entered: before PostgreSQL has analysed the
        # table, others of a balance's postings, or of a ledger's, often seem as good to it.
        place = tuple_(Posting.effective_at, Posting.version)
        return place >= tuple_(self.start, literal_column("0", Int64)), Posting.effective_at <= self.end


def of_an_edge(conditions: Conditions, edge: Edge, wanted: Wanted, known: CTE | None) -> Select[Any]:
    """Select account_id, asset and what is wanted of an edge in sum, NULL where nothing was posted."""
    # Postings are found by time on one balance alone, so the balances lead to them.
    found = [*postings_of(conditions, BALANCE if known is None else known), *edge.has_posting()]
    sums = summed(wanted(*_sides(Posting.amount)))
    if known is None:
        return looked_up(BALANCE, sums, found).where(*conditions(Balance))
    return looked_up(known, sums, [*found, Posting.version <= known.c.version]).where(is_found(known))


def _sides(amount: Any) -> tuple[ColumnElement[int], ColumnElement[int]]:
    return case((amount > 0, amount), else_=0), case((amount < 0, -amount), else_=0)


def of_each(rows: Any, amounts: Mapping[str, ColumnElement[int]]) -> Select[Any]:
    """Select account_id, asset and the amounts of rows that have them."""
    columns: list[Any] = [rows.account_id, rows.asset]
    return select(*columns, *(amount.label(name) for name, amount in amounts.items()))


def summed(amounts: Mapping[str, ColumnElement[int]]) -> dict[str, ColumnElement[int]]:
    """Return the sums of the amounts."""
    return {name: func.sum(amount) for name, amount in amounts.items()}
