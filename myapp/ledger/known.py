"""What was known at a recorded time: the newest version of each balance that was recorded by then.

On one balance a later version never has an earlier time, so the newest one is found by halving: twenty
looks by key among a million postings. An index by time would cost every write a little, this costs none.
(Had the clock been set back, some version of the time in doubt would be found, and all before it count.)
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import CTE, ColumnElement, cast, func, literal, select

from myapp.ledger.tables import Balance, Posting
from myapp.ledger.types import Instant, Int64

Conditions = Callable[[Any], list[ColumnElement[bool]]]


def versions_at(conditions: Conditions, known_at: datetime) -> CTE:
    """Return rows of account_id, asset and version, one for each balance; `size` is 0 where it is found.

    `conditions` tells whose balances, as conditions on a table that has their key.
    """
    # Each row stands for the versions from its own to `size` more, among which the newest known one is.
    zero = cast(literal(0), Int64).label("version")
    whole = select(Balance.account_id, Balance.asset, zero, Balance.version.label("size"))
    known = whole.where(*conditions(Balance)).cte("known", recursive=True)
    half = known.c.size - known.c.size // 2
    # Asked in the list of columns, because PostgreSQL would join the whole journal at every step.
    looked_up = (
        select(func.count())
        .where(
            *conditions(Posting),
            Posting.account_id == known.c.account_id,
            Posting.asset == known.c.asset,
            Posting.version == known.c.version + half,
            Posting.recorded_at <= literal(known_at, Instant()),
        )
        .correlate(known)
        .scalar_subquery()
    )
    halved = select(
        known.c.account_id, known.c.asset, known.c.version + half * looked_up, known.c.size // 2
    ).where(known.c.size > 0)
    return known.union_all(halved)
