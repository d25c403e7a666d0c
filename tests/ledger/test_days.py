"""A range of time, cut into whole days and the edges of others: every instant is in exactly one part."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from myapp.ledger.days import Days, Edge, days_of
from myapp.ledger.plan import day_of

DAY = timedelta(days=1)
INSTANT = timedelta(microseconds=1)
FIRST = datetime(2026, 1, 5, tzinfo=UTC)
LAST = FIRST + DAY - INSTANT
NOON = FIRST + DAY / 2
NUMBER = day_of(FIRST)


def test_whole_days_have_no_edges() -> None:
    assert days_of(FIRST, LAST) == Days(NUMBER, NUMBER, ())
    assert days_of(FIRST, LAST + 30 * DAY) == Days(NUMBER, NUMBER + 30, ())
    assert days_of(None, None) == Days(None, None, ())


def test_a_part_of_a_day_is_an_edge() -> None:
    assert days_of(None, NOON) == Days(None, NUMBER - 1, (Edge(FIRST, NOON),))
    assert days_of(NOON, None) == Days(NUMBER + 1, None, (Edge(NOON, LAST),))
    assert days_of(NOON, NOON + 2 * DAY) == Days(
        NUMBER + 1, NUMBER + 1, (Edge(NOON, LAST), Edge(FIRST + 2 * DAY, NOON + 2 * DAY))
    )


def test_a_range_within_a_day_is_one_edge() -> None:
    for start, end in ((NOON, NOON), (NOON, NOON + INSTANT), (FIRST, NOON), (NOON, LAST)):
        assert days_of(start, end).edges == (Edge(start, end),)


def test_a_range_that_ends_before_it_starts_has_no_edges() -> None:
    for start, end in ((NOON, NOON - INSTANT), (NOON + 2 * DAY, NOON)):
        assert days_of(start, end).edges == ()


def test_the_ends_of_the_calendar_are_whole_days() -> None:
    first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    assert days_of(first, last).edges == ()
    assert days_of(last - INSTANT, None).edges == (Edge(last - INSTANT, last),)


times = st.integers(-3 * 4, 3 * 4).map(lambda quarters: FIRST + quarters * DAY / 4)
instants = st.builds(lambda moment, off: moment + off * INSTANT, times, st.integers(-1, 1))
bounds = st.none() | instants


@given(since=bounds, until=bounds, moment=instants, by_rest=st.booleans())
def test_an_instant_of_the_range_counts_once_and_any_other_not_at_all(
    since: datetime | None, until: datetime | None, moment: datetime, by_rest: bool
) -> None:
    days = days_of(since, until, by_rest=by_rest)
    inside = (since is None or since <= moment) and (until is None or moment <= until)
    number = day_of(moment)
    whole = (days.first is None or days.first <= number) and (days.last is None or number <= days.last)
    parts = sum(edge.sign for edge in days.edges if edge.start <= moment <= edge.end)
    assert whole + parts == (1 if inside else 0)


def test_of_a_day_that_is_mostly_within_the_rest_is_taken_off() -> None:
    morning, evening = FIRST + DAY / 4, FIRST + 3 * DAY / 4
    assert days_of(None, evening, by_rest=True).edges == (Edge(evening + INSTANT, LAST, -1),)
    assert days_of(morning, None, by_rest=True).edges == (Edge(FIRST, morning - INSTANT, -1),)
    for since, until in ((None, morning), (evening, None), (morning, evening)):
        assert days_of(since, until, by_rest=True) == days_of(since, until)


@pytest.mark.parametrize("hours", [-12, 5])
def test_days_are_those_of_utc(hours: int) -> None:
    zone = timezone(timedelta(hours=hours))
    assert days_of(FIRST.astimezone(zone), LAST.astimezone(zone)) == Days(NUMBER, NUMBER, ())
