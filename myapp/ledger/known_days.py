"""What was known of effective days at a recorded time.

The totals of a day are still the same where nothing was posted on it since; otherwise they are those that its
last posting by then left behind: one look a day, whatever was posted on it. So what was known up to a day is
either the sum of the days up to it, or all that was known less the days after it, whichever needs fewer
looks.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    ScalarSelect,
    Select,
    and_,
    case,
    func,
    literal_column,
    select,
    tuple_,
)

from myapp.ledger.known import (
    Asked,
    Conditions,
    Wanted,
    Where,
    all_known,
    is_found,
    looked_up,
    looks,
    own_of,
    postings_of,
)
from myapp.ledger.tables import BalanceDay, Posting


def counted(conditions: Conditions, known: CTE, last_day: ColumnElement[int]) -> CTE:
    """Return the found rows of `known`, each with `excess`: the looks up to a day less those after it.

    It is NULL where no day needs a look.
    """
    changed_since = and_(_is_known(known), BalanceDay.version > known.c.version)
    excess = (
        select(func.sum(case((BalanceDay.day <= last_day, 1), else_=-1)))
        .where(*conditions(BalanceDay), *own_of(BalanceDay, known), changed_since)
        .correlate(known)
        .scalar_subquery()
        .label("excess")
    )
    columns: list[Any] = [known.c.account_id, known.c.asset, known.c.version, known.c.size]
    return select(*columns, excess).where(is_found(known)).cte("counted")


def days_left(conditions: Conditions, known: CTE, days: Where, wanted: Wanted) -> Select[Any]:
    """Select account_id, asset and what is wanted of the days' totals, as they were known, in sum.

    `days` are conditions on BalanceDay. The sum is NULL where nothing was known yet of any of them.
    """
    return looked_up(known, *_of_days(conditions, known, days, wanted)).where(is_found(known))


def all_but_days_left(conditions: Conditions, known: CTE, days: Where, wanted: Wanted) -> Select[Any]:
    """Select the same of all that was known, less what was known of the days.

    Taken off in the row itself: in a sum of several rows it might come too late for 64 bits.
    """
    total = looks(known, *all_known(conditions, known, wanted))
    off = looks(known, *_of_days(conditions, known, days, wanted))
    rest = ((total[name] - func.coalesce(off[name], 0)).label(name) for name in total)
    return select(known.c.account_id, known.c.asset, *rest).where(is_found(known))


def _of_days(conditions: Conditions, known: CTE, days: Where, wanted: Wanted) -> Asked:
    newest = wanted(BalanceDay.debits, BalanceDay.credits)
    amounts = wanted(Posting.day_debits, Posting.day_credits)
    left = {name: _left(conditions, known, amount) for name, amount in amounts.items()}
    is_newest = BalanceDay.version <= known.c.version
    sums = {name: func.sum(case((is_newest, newest[name]), else_=left[name])) for name in amounts}
    return sums, [*conditions(BalanceDay), *own_of(BalanceDay, known), *days, _is_known(known)]


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
        .where(*postings_of(conditions, known), tuple_(Posting.day, Posting.version) <= reached)
        .order_by(Posting.day.desc(), Posting.version.desc())
        .limit(literal_column("1"))
    )
    return last.correlate(known, BalanceDay).scalar_subquery()
