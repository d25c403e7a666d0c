"""What was known at a recorded time: the newest version of each balance by then, and what it left behind.

On one balance a later version never has an earlier time, so the newest one is found by halving: twenty
looks by key among a million postings. An index by time would cost every write a little, this costs none.
(Had the clock been set back, some version of the time in doubt would be found, and all before it count.)

That posting tells the balance and its sides. Every look is asked for by a subquery in the list of columns,
because a join may be made by reading the whole journal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    FromClause,
    Select,
    and_,
    case,
    cast,
    literal,
    literal_column,
    select,
)

from myapp.ledger.tables import Balance, Posting
from myapp.ledger.types import Int64

Where = list[ColumnElement[bool]]
Conditions = Callable[[Any], Where]
# What is wanted of some debits and credits, by name.
Wanted = Callable[[Any, Any], Mapping[str, ColumnElement[int]]]


def versions_at(conditions: Conditions, known_at: ColumnElement[datetime]) -> CTE:
    """Return rows of account_id, asset and version, one for each balance; `is_found` tells which rows.

    `conditions` tells whose balances, as conditions on a table that has their key.
    """
    # Each row stands for the versions from its own to `size` more, among which the newest known one is.
    zero = cast(literal(0), Int64).label("version")
    whole = select(Balance.account_id, Balance.asset, zero, Balance.version.label("size"))
    known = whole.where(*conditions(Balance)).cte("known", recursive=True)
    half = known.c.size - known.c.size // 2
    is_known = case((Posting.recorded_at <= known_at, 1), else_=0)
    look = _last_posting(conditions, known, known.c.version + half).add_columns(is_known)
    version = known.c.version + half * look.correlate(known).scalar_subquery()
    halved = select(known.c.account_id, known.c.asset, version, known.c.size // 2).where(known.c.size > 0)
    return known.union_all(halved)


def is_found(known: CTE) -> ColumnElement[bool]:
    """Return the condition that a row has the version that was known, and that there was one."""
    return and_(known.c.size == 0, known.c.version > 0)


def totals_left(conditions: Conditions, known: CTE, wanted: Wanted) -> Select[Any]:
    """Select account_id, asset and what is wanted of all that the postings of the known versions left."""
    amounts = wanted(Posting.debits, Posting.debits - Posting.balance)
    last = _last_posting(conditions, known, known.c.version)
    return _with_looks(known, amounts, last).where(is_found(known))


def looked_up(balances: FromClause, amounts: Mapping[str, ColumnElement[Any]], where: Where) -> Select[Any]:
    """Select account_id, asset and each amount, a sum of the rows that the conditions find for a balance.

    `balances` has the key, and the conditions refer to it.
    """
    return _with_looks(balances, amounts, select().where(*where))


def _with_looks(
    balances: FromClause, amounts: Mapping[str, ColumnElement[Any]], found: Select[Any]
) -> Select[Any]:
    own = found.correlate(balances)
    looks = (own.add_columns(amount).scalar_subquery().label(name) for name, amount in amounts.items())
    return select(balances.c.account_id, balances.c.asset, *looks)


def _last_posting(conditions: Conditions, balances: FromClause, version: ColumnElement[int]) -> Select[Any]:
    # In the key's order, so that it is found by the key: before PostgreSQL has analysed the table, any index
    # of a balance's postings seems as good to it.
    up_to = select().where(*postings_of(conditions, balances), Posting.version <= version)
    return up_to.order_by(Posting.version.desc()).limit(literal_column("1"))


def postings_of(conditions: Conditions, balances: FromClause) -> Where:
    """Return the conditions on Posting that tell a balance's."""
    return [*conditions(Posting), *own_of(Posting, balances)]


def own_of(table: Any, balances: FromClause) -> Where:
    """Return the conditions that a table's rows are of a balance."""
    return [table.account_id == balances.c.account_id, table.asset == balances.c.asset]
