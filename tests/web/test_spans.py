"""The spans around a day: months, quarters and years as calendars have them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from myapp.web.spans import around


def told(day: str) -> dict[str, str]:
    """Return the spans around a day, by their words."""
    return {
        span.words: f"{span.first.isoformat()} {span.last.isoformat()}"
        for span in around(date.fromisoformat(day))
    }


def test_the_spans_around_a_day_in_winter() -> None:
    assert told("2024-01-31") == {
        "This month": "2024-01-01 2024-01-31",
        "Last month": "2023-12-01 2023-12-31",
        "This quarter": "2024-01-01 2024-03-31",
        "This year": "2024-01-01 2024-12-31",
        "Last year": "2023-01-01 2023-12-31",
    }


def test_february_ends_as_its_year_says() -> None:
    assert told("2024-02-01")["This month"] == "2024-02-01 2024-02-29"
    assert told("2023-03-31")["Last month"] == "2023-02-01 2023-02-28"


def test_the_calendar_begins_and_ends() -> None:
    assert told("0001-01-01").keys() == {"This month", "This quarter", "This year"}
    assert told("9999-12-31")["This quarter"] == "9999-10-01 9999-12-31"


@pytest.mark.parametrize("year", [1999, 2000, 2023, 2024])
def test_every_day_is_within_its_spans_and_after_the_last_ones(year: int) -> None:
    for number in range(366):
        day = date(year, 1, 1) + timedelta(days=number)
        for span in around(day):
            assert (span.first <= day <= span.last) == span.words.startswith("This")
            assert span.last < day or span.words.startswith("This")
