"""A range of time, cut into months, days and the edges of others: every instant is in exactly one part."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from myapp.ledger.dates import FIRST_DAY, LAST_DAY, day_of, days_in, month_of
from myapp.ledger.spans import Edge, Parts, Span, parts_of

DAY = timedelta(days=1)
INSTANT = timedelta(microseconds=1)
FIRST = datetime(2026, 1, 5, tzinfo=UTC)
LAST = FIRST + DAY - INSTANT
NOON = FIRST + DAY / 2
NUMBER, MONTH = day_of(FIRST), month_of(FIRST)


def whole(first: int, last: int) -> tuple[Span, ...]:
    return (Span("day", first, last),)


def test_whole_days_have_no_edges() -> None:
    assert parts_of(FIRST, LAST) == Parts(whole(NUMBER, NUMBER), ())
    assert parts_of(FIRST, LAST + 20 * DAY) == Parts(whole(NUMBER, NUMBER + 20), ())


def test_whole_months_are_one_span_with_the_days_before_and_after_it() -> None:
    months = Span("month", MONTH + 1, MONTH + 2)
    february, april = datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)
    assert parts_of(february, april - INSTANT).spans == (months,)
    rest_of_january = Span("day", NUMBER, day_of(february) - 1)
    begun_april = Span("day", day_of(april), day_of(april))
    assert parts_of(FIRST, april + DAY - INSTANT).spans == (rest_of_january, months, begun_april)


def test_months_that_are_both_cut_are_one_span_of_days() -> None:
    assert parts_of(FIRST, LAST + 30 * DAY).spans == whole(NUMBER, NUMBER + 30)


def test_an_open_end_is_the_end_of_the_calendar() -> None:
    first, last = month_of(datetime.min.replace(tzinfo=UTC)), month_of(datetime.max.replace(tzinfo=UTC))
    assert parts_of(None, None).spans == (Span("month", first, last),)
    assert (days_in(first)[0], days_in(last)[1]) == (FIRST_DAY, LAST_DAY)
    january = Span("day", NUMBER - 4, NUMBER)
    assert parts_of(None, LAST) == Parts((Span("month", first, MONTH - 1), january), ())


def test_a_part_of_a_day_is_an_edge() -> None:
    assert parts_of(FIRST, NOON + DAY) == Parts(whole(NUMBER, NUMBER), (Edge(FIRST + DAY, NOON + DAY),))
    assert parts_of(NOON - DAY, LAST) == Parts(whole(NUMBER, NUMBER), (Edge(NOON - DAY, FIRST - INSTANT),))
    assert parts_of(NOON, NOON + 2 * DAY) == Parts(
        whole(NUMBER + 1, NUMBER + 1), (Edge(NOON, LAST), Edge(FIRST + 2 * DAY, NOON + 2 * DAY))
    )


def test_a_range_within_a_day_is_one_edge() -> None:
    for start, end in ((NOON, NOON), (NOON, NOON + INSTANT), (FIRST, NOON), (NOON, LAST)):
        assert parts_of(start, end).edges == (Edge(start, end),)


def test_a_range_that_ends_before_it_starts_has_no_edges() -> None:
    for start, end in ((NOON, NOON - INSTANT), (NOON + 2 * DAY, NOON)):
        assert parts_of(start, end).edges == ()


def test_the_ends_of_the_calendar_are_whole_days() -> None:
    first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    assert parts_of(first, last).edges == ()
    for start, end in ((last - INSTANT, last), (first, first + INSTANT)):
        (span,) = parts_of(start, end).spans
        assert (span.first > span.last, parts_of(start, end).edges) == (True, (Edge(start, end),))


# Beside the ends of months, too; February among them.
times = st.builds(
    lambda day, quarters: FIRST + day * DAY + quarters * DAY / 4,
    st.sampled_from([-5, -4, 0, 1, 26, 27, 54, 55, 86]),
    st.integers(0, 4),
)
instants = st.builds(lambda moment, off: moment + off * INSTANT, times, st.integers(-1, 1))
bounds = st.none() | instants


@given(since=bounds, until=bounds, moment=instants)
def test_an_instant_of_the_range_is_in_one_part_and_any_other_in_none(
    since: datetime | None, until: datetime | None, moment: datetime
) -> None:
    parts = parts_of(since, until)
    inside = (since is None or since <= moment) and (until is None or moment <= until)
    numbers = {"day": day_of(moment), "month": month_of(moment)}
    spans = sum(span.first <= numbers[span.unit] <= span.last for span in parts.spans)
    edges = sum(edge.start <= moment <= edge.end for edge in parts.edges)
    assert spans + edges == (1 if inside else 0)


@given(since=bounds, until=bounds)
def test_there_are_never_more_days_than_two_months_have(
    since: datetime | None, until: datetime | None
) -> None:
    days = [span.last - span.first + 1 for span in parts_of(since, until).spans if span.unit == "day"]
    assert sum(days) <= 2 * 30


@pytest.mark.parametrize("hours", [-12, 5])
def test_days_are_those_of_utc(hours: int) -> None:
    zone = timezone(timedelta(hours=hours))
    assert parts_of(FIRST.astimezone(zone), LAST.astimezone(zone)) == Parts(whole(NUMBER, NUMBER), ())
    assert month_of((FIRST - 4 * DAY).astimezone(zone)) == MONTH
