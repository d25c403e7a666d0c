"""What a period is compared with."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from myapp.ledger.reports.periods import Period, a_year_earlier, previous_period

INSTANT = timedelta(microseconds=1)


def days(first: str, last: str) -> Period:
    return Period(
        datetime.combine(date.fromisoformat(first), time.min, UTC),
        datetime.combine(date.fromisoformat(last), time.max, UTC),
    )


@pytest.mark.parametrize(
    ("period", "previous"),
    [
        # A month, whatever its length, and across the turn of the year.
        (("2026-03-01", "2026-03-31"), ("2026-02-01", "2026-02-28")),
        (("2024-03-01", "2024-03-31"), ("2024-02-01", "2024-02-29")),
        (("2026-01-01", "2026-01-31"), ("2025-12-01", "2025-12-31")),
        # A quarter, a half-year, a year, and one that begins in April.
        (("2026-04-01", "2026-06-30"), ("2026-01-01", "2026-03-31")),
        (("2026-01-01", "2026-03-31"), ("2025-10-01", "2025-12-31")),
        (("2026-07-01", "2026-12-31"), ("2026-01-01", "2026-06-30")),
        (("2025-01-01", "2025-12-31"), ("2024-01-01", "2024-12-31")),
        (("2025-04-01", "2026-03-31"), ("2024-04-01", "2025-03-31")),
        (("9999-12-01", "9999-12-31"), ("9999-11-01", "9999-11-30")),
        # Anything else: as many days.
        (("2026-01-05", "2026-01-11"), ("2025-12-29", "2026-01-04")),
        (("2026-03-01", "2026-03-30"), ("2026-01-30", "2026-02-28")),
        (("2026-03-02", "2026-03-31"), ("2026-01-31", "2026-03-01")),
        (("2026-02-28", "2026-02-28"), ("2026-02-27", "2026-02-27")),
    ],
)
def test_a_period_is_compared_with_the_one_before(period: tuple[str, str], previous: tuple[str, str]) -> None:
    assert previous_period(days(*period)) == days(*previous)


def test_hours_are_compared_with_as_many_before() -> None:
    start = datetime(2026, 1, 5, 9, tzinfo=UTC)
    # Both ends are inclusive, so five hours end just before the sixth.
    period = Period(start, start + timedelta(hours=5) - INSTANT)
    assert previous_period(period) == Period(start - timedelta(hours=5), start - INSTANT)


def test_a_month_less_its_last_instant_is_no_whole_month() -> None:
    march = days("2026-03-01", "2026-03-31")
    assert march.start is not None
    assert march.end is not None
    found = previous_period(Period(march.start, march.end - INSTANT))
    assert found == Period(march.start - timedelta(days=31) + INSTANT, march.start - INSTANT)


@pytest.mark.parametrize(
    "period",
    [
        Period(),
        Period(end=datetime(2026, 1, 5, tzinfo=UTC)),
        Period(start=datetime(2026, 1, 5, tzinfo=UTC)),
        days("2026-01-05", "2026-01-03"),
        days("0001-01-01", "0001-01-31"),
        days("0001-01-01", "0001-01-05"),
        days("0001-02-01", "9999-12-31"),
        days("0002-01-02", "9999-12-31"),
    ],
    ids=str,
)
def test_there_may_be_nothing_to_compare_with(period: Period) -> None:
    assert previous_period(period) is None


dates = st.dates(date(1900, 1, 1), date(2100, 1, 1))


@given(first=dates, length=st.integers(0, 800))
def test_the_period_before_ends_where_this_one_starts(first: date, length: int) -> None:
    period = days(first.isoformat(), (first + timedelta(days=length)).isoformat())
    found = previous_period(period)
    assert found is not None
    assert period.start is not None
    assert found.start is not None
    assert found.end == period.start - INSTANT
    assert found.start <= found.end
    assert found.start.time() == time.min


@pytest.mark.parametrize(
    ("day", "earlier"),
    [
        ("2026-06-30", "2025-06-30"),
        ("2026-06-29", "2025-06-29"),
        ("2024-02-29", "2023-02-28"),
        # What ends with February is compared with what ended with February.
        ("2025-02-28", "2024-02-29"),
        ("2024-02-28", "2023-02-28"),
        ("0002-01-01", "0001-01-01"),
        ("9999-12-31", "9998-12-31"),
    ],
)
def test_a_day_is_compared_with_the_same_a_year_earlier(day: str, earlier: str) -> None:
    moment, found = (
        datetime.combine(date.fromisoformat(each), time(9, 30, 1), UTC) for each in (day, earlier)
    )
    assert a_year_earlier(moment) == found


def test_there_is_no_year_before_the_first() -> None:
    assert a_year_earlier(datetime(1, 12, 31, tzinfo=UTC)) is None
