"""Periods of effective time, and the one before to compare with; and days, with the one a year earlier."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

_MICROSECOND = timedelta(microseconds=1)
_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Period:
    """From the first to the last effective time, both inclusive; None where it is open."""

    start: datetime | None = None
    end: datetime | None = None


def previous_period(period: Period) -> Period | None:
    """Return the period to compare with, which ends just before this one starts.

    Whole months are compared with as many before them, so a quarter with the quarter before and a year with
    the year before, whenever it begins. Any other period is compared with one of the same length. There is
    None where the period is open, ends before it starts, or would be compared with times before the year 1.
    """
    if period.start is None or period.end is None or period.end < period.start:
        return None
    start, end = period.start.astimezone(UTC), period.end.astimezone(UTC)
    months = _whole_months(start, end)
    try:
        before = start - (end - start) - _MICROSECOND if months is None else _months_back(start, months)
        return Period(before, start - _MICROSECOND)
    except (OverflowError, ValueError):
        return None


def a_year_earlier(moment: datetime) -> datetime | None:
    """Return the same time of the same day a year earlier, None where there was no such year.

    The last day of a month stays the last: what ends with February ends with February.
    """
    utc = moment.astimezone(UTC)
    if utc.year == 1:
        return None
    days_then = calendar.monthrange(utc.year - 1, utc.month)[1]
    is_last = utc.day == calendar.monthrange(utc.year, utc.month)[1]
    return utc.replace(year=utc.year - 1, day=days_then if is_last else utc.day)


def _whole_months(start: datetime, end: datetime) -> int | None:
    first = start.date().replace(day=1)
    last = end.date().replace(day=calendar.monthrange(end.year, end.month)[1])
    if (start, end) != (datetime.combine(first, time.min, UTC), datetime.combine(last, time.max, UTC)):
        return None
    return (last.year - first.year) * _MONTHS + last.month - first.month + 1


def _months_back(start: datetime, months: int) -> datetime:
    year, month = divmod(start.year * _MONTHS + start.month - 1 - months, _MONTHS)
    return datetime.combine(date(year, month + 1, 1), time.min, UTC)
