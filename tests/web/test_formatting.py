"""Times on the pages: whole days as days, all others to the minute or the second, in any year."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta, timezone

import pytest

from myapp.ledger.reports.periods import Period
from myapp.web.formatting import day, moment, period, until

NOON = datetime(900, 5, 1, 12, 30, 15, tzinfo=UTC)
FIRST, LAST = (datetime.combine(NOON, each, UTC) for each in (time.min, time.max))
EASTWARDS = timezone(timedelta(hours=2))


def test_a_day_is_told_with_the_hour_unless_it_is_its_first_instant() -> None:
    assert day(FIRST) == "0900-05-01"
    assert day(FIRST.astimezone(EASTWARDS)) == "0900-05-01"
    assert day(NOON) == "0900-05-01 12:30"


def test_a_moment_is_told_to_the_second() -> None:
    assert moment(NOON.astimezone(EASTWARDS)) == "0900-05-01 12:30:15"


@pytest.mark.parametrize(
    ("end", "told"), [(None, "all entries"), (LAST, "0900-05-01"), (NOON, "0900-05-01 12:30:15")]
)
def test_the_end_of_a_report_is_its_day_where_all_of_it_counts(end: datetime | None, told: str) -> None:
    assert until(end) == told


@pytest.mark.parametrize(
    ("start", "end", "told"),
    [
        (FIRST, LAST, "0900-05-01 to 0900-05-01"),
        (NOON, None, "since 0900-05-01 12:30:15"),
        (None, LAST, "to 0900-05-01"),
        (None, None, "all entries"),
    ],
)
def test_a_period_is_told_by_its_ends(start: datetime | None, end: datetime | None, told: str) -> None:
    assert period(Period(start, end)) == told
