"""Effective days and months as the numbers under which their totals are stored, in UTC."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MONTHS_A_YEAR = 12
# Of the calendar, from the year 1 to 9999.
FIRST_DAY, LAST_DAY = ((end - _EPOCH.date()).days for end in (date.min, date.max))


def day_of(moment: datetime) -> int:
    """Return the day of a time, as a number of days since 1970-01-01."""
    return (moment - _EPOCH).days


def month_of(moment: datetime) -> int:
    """Return the month of a time, as a number of months since January 1970."""
    return month_of_date(moment.astimezone(UTC))


def month_of_date(day: date) -> int:
    """Return the month of a day, as a number of months since January 1970."""
    return (day.year - _EPOCH.year) * _MONTHS_A_YEAR + day.month - 1


def date_of(day: int) -> date:
    """Return the day with a number.

    Raises:
        OverflowError: the day is outside of the years 1 to 9999.
    """
    return _EPOCH.date() + timedelta(days=day)


def days_in(month: int) -> tuple[int, int]:
    """Return the numbers of the first and the last day of a month.

    Raises:
        ValueError: the month is outside of the years 1 to 9999.
    """
    years, months = divmod(month, _MONTHS_A_YEAR)
    first = date(_EPOCH.year + years, months + 1, 1)
    start = (first - _EPOCH.date()).days
    return start, start + monthrange(first.year, first.month)[1] - 1
