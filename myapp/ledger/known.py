"""What was known at a recorded time: the newest version of each balance by then, and what it left behind.

On one balance a later version never has an earlier time, so the newest one is found by halving: twenty
looks by key among a million postings. An index by time would cost every write a little, this costs none.
(Had the clock been set back, some version of the time in doubt would be found, and all before it count.)

That posting tells the balance. The totals of an effective day are still the same where nothing was posted on
it since; otherwise they are those that its last posting by then left behind: one look a day, whatever was
posted on it. Every look is asked for by a subquery in the list of columns, because a join may be made by
reading the whole journal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    ScalarSelect,
    Select,
    and_,
    case,
    cast,
    func,
    literal,
    literal_column,
    select,
    tuple_,
)

from myapp.ledger.tables import Balance, BalanceDay, Posting
from myapp.ledger.types import Int64

Conditions = Callable[[Any], list[ColumnElement[bool]]]
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
    looked_up = (
        select(func.count())
        .where(
            *_postings_of(conditions, known),
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


def balances_left(conditions: Conditions, known: CTE) -> Select[Any]:
    """Select account_id, asset and net as the postings of the known versions left them."""
    left = select(Posting.balance).where(*_postings_of(conditions, known), Posting.version == known.c.version)
    net = left.correlate(known).scalar_subquery().label("net")
    return select(known.c.account_id, known.c.asset, net).where(is_found(known))


def days_left(
    conditions: Conditions,
    known: CTE,
    days: list[ColumnElement[bool]],
    wanted: Wanted,
) -> Select[Any]:
    """Select account_id, asset and what is wanted of each day's totals, as they were known.

    `days` are conditions on BalanceDay. What is wanted is NULL where nothing was known yet of the day.
    """
    own = and_(BalanceDay.account_id == known.c.account_id, BalanceDay.asset == known.c.asset)
    newest = wanted(BalanceDay.debits, BalanceDay.credits)
    amounts = wanted(Posting.day_debits, Posting.day_credits)
    left = {name: _left(conditions, known, amount) for name, amount in amounts.items()}
    is_newest = BalanceDay.version <= known.c.version
    columns = (case((is_newest, newest[name]), else_=left[name]).label(name) for name in amounts)
    return (
        select(known.c.account_id, known.c.asset, *columns)
        .select_from(known)
        .join(BalanceDay, own)
        .where(*conditions(BalanceDay), *days, is_found(known))
    )


def _left(conditions: Conditions, known: CTE, amount: ColumnElement[int]) -> ScalarSelect[Any]:
    # The last posting up to a day and a version is of an earlier day, where the day had none yet. Asked so,
    # only the index by day answers; for a day's own last one, the key by version might be followed back.
    # As a sum, because SQLite enters an index by a pair only where the second is no column: of a day it would
    # go through all that was posted later.
    reached = tuple_(BalanceDay.day, known.c.version + 0)
    last = (
        select(case((Posting.day == BalanceDay.day, amount)))
        .where(*_postings_of(conditions, known), tuple_(Posting.day, Posting.version) <= reached)
        .order_by(Posting.day.desc(), Posting.version.desc())
        .limit(literal_column("1"))
    )
    return last.correlate(known, BalanceDay).scalar_subquery()


def _postings_of(conditions: Conditions, known: CTE) -> list[ColumnElement[bool]]:
    own = [Posting.account_id == known.c.account_id, Posting.asset == known.c.asset]
    return [*conditions(Posting), *own]
