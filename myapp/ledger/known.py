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
    ScalarSelect,
    Select,
    and_,
    cast,
    func,
    literal,
    select,
)

from myapp.ledger.tables import Balance, Posting
from myapp.ledger.types import Int64

Where = list[ColumnElement[bool]]
Conditions = Callable[[Any], Where]
# What is wanted of some debits and credits, by name.
Wanted = Callable[[Any, Any], Mapping[str, ColumnElement[int]]]
# Amounts by name, and the conditions on the rows that have them.
Asked = tuple[Mapping[str, ColumnElement[Any]], Where]


def versions_at(conditions: Conditions, known_at: ColumnElement[datetime]) -> CTE:
    """Return rows of account_id, asset and version, one for each balance; `is_found` tells which rows.

    `conditions` tells whose balances, as conditions on a table that has their key.
    """
    # Each row stands for the versions from its own to `size` more, among which the newest known one is.
    zero = cast(literal(0), Int64).label("version")
    whole = select(Balance.account_id, Balance.asset, zero, Balance.version.label("size"))
    known = whole.where(*conditions(Balance)).cte("known", recursive=True)
    half = known.c.size - known.c.size // 2
    looked_up = (
        select(func.count())
        .where(
            *postings_of(conditions, known),
            Posting.version == known.c.version + half,
            Posting.recorded_at <= known_at,
        )
        .correlate(known)
        .scalar_subquery()
    )
    halved = select(
        known.c.account_id, known.c.asset, known.c.version + half * looked_up, known.c.size // 2
    ).where(known.c.size > 0)
    return known.union_all(halved)


def is_found(known: CTE) -> ColumnElement[bool]:
    """Return the condition that a row has the version that was known, and that there was one."""
    return and_(known.c.size == 0, known.c.version > 0)


def totals_left(conditions: Conditions, known: CTE, wanted: Wanted) -> Select[Any]:
    """Select account_id, asset and what is wanted of all that the postings of the known versions left."""
    return looked_up(known, *all_known(conditions, known, wanted)).where(is_found(known))


def all_known(conditions: Conditions, known: CTE, wanted: Wanted) -> Asked:
    """Return what is wanted of the postings of the known versions, and which those are."""
    last = [*postings_of(conditions, known), Posting.version == known.c.version]
    return wanted(Posting.debits, Posting.debits - Posting.balance), last


def looked_up(balances: FromClause, amounts: Mapping[str, ColumnElement[Any]], where: Where) -> Select[Any]:
    """Select account_id, asset and each amount of the one row that the conditions find for a balance.

    `balances` has the key, and the conditions refer to it; an amount may also be a sum of several rows.
    """
    found = looks(balances, amounts, where)
    columns = (look.label(name) for name, look in found.items())
    return select(balances.c.account_id, balances.c.asset, *columns)


def looks(
    balances: FromClause, amounts: Mapping[str, ColumnElement[Any]], where: Where
) -> dict[str, ScalarSelect[Any]]:
    """Return each amount as a subquery of the one row, or the sum, that the conditions find for a balance."""
    found = select().where(*where).correlate(balances)
    return {name: found.add_columns(amount).scalar_subquery() for name, amount in amounts.items()}


def postings_of(conditions: Conditions, balances: FromClause) -> Where:
    """Return the conditions on Posting that tell a balance's."""
    return [*conditions(Posting), *own_of(Posting, balances)]


def own_of(table: Any, balances: FromClause) -> Where:
    """Return the conditions that a table's rows are of a balance."""
    return [table.account_id == balances.c.account_id, table.asset == balances.c.asset]
