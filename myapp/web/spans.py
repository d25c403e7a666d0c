"""The months, quarters and years that people ask for most, around a day."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date

_MONTHS = 12
_QUARTER = 3


@dataclass(frozen=True, slots=True)
class Span:
    """Whole months from a first to a last day, and what people call them."""

    words: str
    first: date
    last: date


def around(day: date) -> list[Span]:
    """Return the spans around a day; those before the calendar begins are left out."""
    month = day.year * _MONTHS + day.month - 1
    quarter, year = month - month % _QUARTER, month - month % _MONTHS
    asked = (
        ("This month", month, 1),
        ("Last month", month - 1, 1),
        ("This quarter", quarter, _QUARTER),
        ("This year", year, _MONTHS),
        ("Last year", year - _MONTHS, _MONTHS),
    )
    # The month with the number 12 is January of the year 1.
    return [_span(words, first, count) for words, first, count in asked if first >= _MONTHS]


def _span(words: str, first: int, count: int) -> Span:
    last = _first_day(first + count - 1)
    end = last.replace(day=calendar.monthrange(last.year, last.month)[1])
    return Span(words, _first_day(first), end)


def _first_day(month: int) -> date:
    return date(month // _MONTHS, month % _MONTHS + 1, 1)
