"""What was known at a recorded time: the newest version of each balance by then, and what it left behind.

On one balance a later version never has an earlier time, so the newest one is found by halving: twenty
looks by key among a million postings. An index by time would cost every write a little, this costs none.
(Had the clock been set back, some version of the time in doubt would be found, and all before it count.)

That posting tells the balance and its sides. The totals of an effective day are still the same where nothing
was posted on it since; otherwise they are those that its last posting by then left behind: one look a day,
whatever was posted on it. So what was known up to a day is either the sum of the days up to it, or all that
was known less the days after it, whichever needs fewer looks. Every look is asked for by a subquery in the
list of columns, because a join may be made by reading the whole journal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
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
# Amounts by name, and the conditions on the rows that have them.
_Asked = tuple[Mapping[str, ColumnElement[Any]], Iterable[ColumnElement[bool]]]


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


def totals_left(conditions: Conditions, known: CTE, wanted: Wanted) -> Select[Any]:
    """Select account_id, asset and what is wanted of all that the postings of the known versions left."""
    return looked_up(known, *_all(conditions, known, wanted)).where(is_found(known))


def _all(conditions: Conditions, known: CTE, wanted: Wanted) -> _Asked:
    last = (*_postings_of(conditions, known), Posting.version == known.c.version)
    return wanted(Posting.debits, Posting.debits - Posting.balance), last


def looked_up(
    balances: Any, amounts: Mapping[str, ColumnElement[Any]], conditions: Iterable[ColumnElement[bool]]
) -> Select[Any]:
    """Select account_id, asset and each amount of the one row that the conditions find for a balance.

    `balances` has the key, and the conditions refer to it; an amount may also be a sum of several rows.
    """
    key: Any = balances.c if isinstance(balances, CTE) else balances
    found = _looks(balances, amounts, conditions)
    return select(key.account_id, key.asset, *(look.label(name) for name, look in found.items()))


def _looks(
    balances: Any, amounts: Mapping[str, ColumnElement[Any]], conditions: Iterable[ColumnElement[bool]]
) -> dict[str, ScalarSelect[Any]]:
    found = select().where(*conditions).correlate(balances)
    return {name: found.add_columns(amount).scalar_subquery() for name, amount in amounts.items()}


def counted(conditions: Conditions, known: CTE, last_day: ColumnElement[int]) -> CTE:
    """Return the found rows of `known`, each with `excess`: the looks up to a day less those after it.

    It is NULL where no day needs a look.
    """
    changed_since = and_(_is_known(known), BalanceDay.version > known.c.version)
    excess = (
        select(func.sum(case((BalanceDay.day <= last_day, 1), else_=-1)))
        .where(*conditions(BalanceDay), *_own(BalanceDay, known), changed_since)
        .correlate(known)
        .scalar_subquery()
        .label("excess")
    )
    columns: list[Any] = [known.c.account_id, known.c.asset, known.c.version, known.c.size]
    return select(*columns, excess).where(is_found(known)).cte("counted")


def days_left(
    conditions: Conditions,
    known: CTE,
    days: list[ColumnElement[bool]],
    wanted: Wanted,
) -> Select[Any]:
    """Select account_id, asset and what is wanted of the days' totals, as they were known, in sum.

    `days` are conditions on BalanceDay. The sum is NULL where nothing was known yet of any of them.
    """
    return looked_up(known, *_of_days(conditions, known, days, wanted)).where(is_found(known))


def all_but_days_left(
    conditions: Conditions,
    known: CTE,
    days: list[ColumnElement[bool]],
    wanted: Wanted,
) -> Select[Any]:
    """Select the same of all that was known, less what was known of the days.

    Taken off in the row itself: in a sum of several rows it might come too late for 64 bits.
    """
    total = _looks(known, *_all(conditions, known, wanted))
    off = _looks(known, *_of_days(conditions, known, days, wanted))
    rest = ((total[name] - func.coalesce(off[name], 0)).label(name) for name in total)
    return select(known.c.account_id, known.c.asset, *rest).where(is_found(known))


def _of_days(conditions: Conditions, known: CTE, days: list[ColumnElement[bool]], wanted: Wanted) -> _Asked:
    newest = wanted(BalanceDay.debits, BalanceDay.credits)
    amounts = wanted(Posting.day_debits, Posting.day_credits)
    left = {name: _left(conditions, known, amount) for name, amount in amounts.items()}
    is_newest = BalanceDay.version <= known.c.version
    sums = {name: func.sum(case((is_newest, newest[name]), else_=left[name])) for name in amounts}
    return sums, (*conditions(BalanceDay), *_own(BalanceDay, known), *days, _is_known(known))


def _is_known(known: CTE) -> ColumnElement[bool]:
    return BalanceDay.first_version <= known.c.version


def _left(conditions: Conditions, known: CTE, amount: ColumnElement[int]) -> ScalarSelect[Any]:
    # A day that is known has a posting by then, so the last one up to the day and the version is of that day.
    # Asked so, only the index by day answers; for a day's own last one, the key by version might be followed
    # back. As a sum, because SQLite enters an index by a pair only where the second is no column: of a day it
    # would go through all that was posted later.
    reached = tuple_(BalanceDay.day, known.c.version + 0)
    last = (
        select(amount)
        .where(*_postings_of(conditions, known), tuple_(Posting.day, Posting.version) <= reached)
        .order_by(Posting.day.desc(), Posting.version.desc())
        .limit(literal_column("1"))
    )
    return last.correlate(known, BalanceDay).scalar_subquery()


def _postings_of(conditions: Conditions, known: CTE) -> list[ColumnElement[bool]]:
    return [*conditions(Posting), *_own(Posting, known)]


def _own(table: Any, known: CTE) -> list[ColumnElement[bool]]:
    return [table.account_id == known.c.account_id, table.asset == known.c.asset]
