"""The parts of days at the edges of a range of time, whose postings are summed one by one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import CTE, ColumnElement, Select, and_, bindparam, case, func, literal_column, select, tuple_

from myapp.ledger.known import Conditions, Wanted, is_found, looked_up, postings_of
from myapp.ledger.pieces import BALANCE, LEDGER_ID
from myapp.ledger.tables import Balance, Posting, Transaction
from myapp.ledger.types import Instant, Int64


class Edge:
    """The effective times of a part of a day, both inclusive.

    They are the parameters `start_N` and `end_N`, by the edge's number.
    """

    def __init__(self, number: int) -> None:
        self.start, self.end = (bindparam(f"{name}_{number}", type_=Instant()) for name in ("start", "end"))

    def has(self, column: Any) -> tuple[ColumnElement[bool], ...]:
        """Return the conditions that a time is within."""
        return column >= self.start, column <= self.end

    def has_posting(self) -> tuple[ColumnElement[bool], ...]:
        """Return the same of a posting's time, so that only the index by time can be entered with it.

        Before a table of PostgreSQL's is analysed, any index of a balance's postings seems as good to it.
        """
        place = tuple_(Posting.effective_at, Posting.version)
        return place >= tuple_(self.start, literal_column("0", Int64)), Posting.effective_at <= self.end


def of_an_account(conditions: Conditions, edge: Edge, wanted: Wanted, known: CTE | None) -> Select[Any]:
    """Select account_id, asset and what is wanted of an edge in sum, NULL where nothing was posted."""
    # Postings are found by time on one balance alone, so the account's balances lead to them.
    found = [*postings_of(conditions, BALANCE if known is None else known), *edge.has_posting()]
    sums = summed(wanted(*_sides(Posting.amount)))
    if known is None:
        return looked_up(BALANCE, sums, found).where(*conditions(Balance))
    return looked_up(known, sums, [*found, Posting.version <= known.c.version]).where(is_found(known))


def of_a_ledger(
    conditions: Conditions, edge: Edge, wanted: Wanted, known_at: ColumnElement[datetime] | None
) -> Select[Any]:
    """Select account_id, asset and what is wanted of each posting at an edge."""
    postings = of_each(Posting, wanted(*_sides(Posting.amount)))
    made_by = and_(Transaction.ledger_id == Posting.ledger_id, Transaction.id == Posting.txn_id)
    # True of every posting. Without it SQLite reads the whole ledger for each transaction, because it would
    # rather enter the primary key by one column than another index by two.
    made_by = and_(made_by, Posting.position >= 0)
    found = [*conditions(Posting), Transaction.ledger_id == LEDGER_ID, *edge.has(Transaction.effective_at)]
    # By time, and not by version, which would be looked for before the transactions are.
    found += [] if known_at is None else [Posting.recorded_at <= known_at]
    return postings.join(Transaction, made_by).where(*found)


def _sides(amount: Any) -> tuple[ColumnElement[int], ColumnElement[int]]:
    return case((amount > 0, amount), else_=0), case((amount < 0, -amount), else_=0)


def of_each(rows: Any, amounts: Mapping[str, ColumnElement[int]]) -> Select[Any]:
    """Select account_id, asset and the amounts of rows that have them."""
    columns: list[Any] = [rows.account_id, rows.asset]
    return select(*columns, *(amount.label(name) for name, amount in amounts.items()))


def summed(amounts: Mapping[str, ColumnElement[int]]) -> dict[str, ColumnElement[int]]:
    """Return the sums of the amounts."""
    return {name: func.sum(amount) for name, amount in amounts.items()}
