"""Reading times: RFC 3339, and dates as their first or their last instant."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from myapp.http.times import first_instant, last_instant


def test_a_date_is_its_first_instant_or_all_of_the_day() -> None:
    assert first_instant("2026-01-05") == datetime(2026, 1, 5, tzinfo=UTC)
    assert last_instant("2026-01-05") == datetime(2026, 1, 5, 23, 59, 59, 999_999, tzinfo=UTC)
    assert last_instant("9999-12-31") == datetime.max.replace(tzinfo=UTC)


@pytest.mark.parametrize("read", [first_instant, last_instant])
@given(years=st.timedeltas(timedelta(), timedelta(days=3_600_000)), offset=st.integers(-1439, 1439))
def test_a_time_is_itself_in_any_offset(
    read: Callable[[str], datetime], years: timedelta, offset: int
) -> None:
    aware = datetime(1, 1, 2, tzinfo=UTC) + years
    shifted = (aware + timedelta(minutes=offset)).replace(tzinfo=None)
    hours, minutes = divmod(abs(offset), 60)
    text = f"{shifted.isoformat()}{'-' if offset < 0 else '+'}{hours:02}:{minutes:02}"
    assert read(text) == aware


@given(text=st.text(max_size=40))
def test_anything_else_is_a_value_error(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert first_instant(text).tzinfo is UTC


@pytest.mark.parametrize("offset", ["+24:00", "-01:60", "+05:99"])
def test_an_offset_has_as_many_hours_and_minutes_as_a_clock(offset: str) -> None:
    assert first_instant("2026-01-05T09:00:00+05:59") == datetime(2026, 1, 5, 3, 1, tzinfo=UTC)
    with pytest.raises(ValueError):
        first_instant(f"2026-01-05T09:00:00{offset}")


@pytest.mark.parametrize("read", [first_instant, last_instant])
def test_a_leap_second_is_no_time_that_is_kept(read: Callable[[str], datetime]) -> None:
    assert read("2016-12-31T23:59:59.999999Z") < read("2017-01-01T00:00:00Z")
    with pytest.raises(ValueError):
        read("2016-12-31T23:59:60Z")
