"""Times in and out: RFC 3339; a date alone is its first instant or its last, as the place says."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from myapp.ledger.errors import InvalidRequest

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-5][0-9])"
)
_LAST_INSTANT = timedelta(days=1) - timedelta(microseconds=1)


def first_instant(text: str) -> datetime:
    """Return a time; a date alone means its first instant, in UTC.

    Raises:
        ValueError: it is neither an RFC 3339 time nor a date.
    """
    if _DATE.fullmatch(text):
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    if not _MOMENT.fullmatch(text):
        raise ValueError(f"{text[:40]!r} is no RFC 3339 time such as 2026-01-05T09:00:00Z, and no date")
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{text!r} is outside the years 1 to 9999") from None


def last_instant(text: str) -> datetime:
    """Return a time; a date alone means all of that day, so its last microsecond.

    Raises:
        ValueError: as `first_instant`.
    """
    moment = first_instant(text)
    return moment + _LAST_INSTANT if _DATE.fullmatch(text) else moment


def shown(moment: datetime) -> str:
    """Return an aware time as it is answered: RFC 3339, in UTC with `Z`."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def moment(
    text: str | None, pointer: str, read: Callable[[str], datetime] = first_instant
) -> datetime | None:
    """Return the time in a field, None where none is given; a date alone means what `read` says.

    Raises:
        InvalidRequest: it is neither a time nor a date.
    """
    try:
        return None if text is None else read(text)
    except ValueError as error:
        raise InvalidRequest(f"{error}.", pointer=pointer) from error
