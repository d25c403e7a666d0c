"""A range of effective time as whole months and days, whose totals are stored, and edges of other days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Literal

from myapp.ledger.dates import FIRST_DAY, LAST_DAY, date_of, day_of, days_in, month_of_date

Unit = Literal["day", "month"]
_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Span:
    """Whole days or months that follow one another, from the first to the last, by their numbers."""

    unit: Unit
    first: int
    last: int


@dataclass(frozen=True, slots=True, order=True)
class Edge:
    """Inclusive times within a day."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Parts:
    """What a range is made of: every instant of it is in exactly one part, and no other is in any."""

    spans: tuple[Span, ...]
    edges: tuple[Edge, ...]


def parts_of(since: datetime | None, until: datetime | None) -> Parts:
    """Return what the range from `since` to `until`, both inclusive, is made of; None is an open end."""
    first, early = (FIRST_DAY, None) if since is None else _from(since, until)
    last, late = (LAST_DAY, None) if until is None else _up_to(until, since)
    # A range within one day is cut twice into the same piece, and one that ends before it starts into none.
    edges = {edge for edge in (early, late) if edge is not None and edge.start <= edge.end}
    return Parts(_spans(first, last), tuple(sorted(edges)))


def _from(since: datetime, until: datetime | None) -> tuple[int, Edge | None]:
    start, end = _day_around(since)
    if since == start:
        return day_of(since), None
    return day_of(since) + 1, Edge(since, end if until is None else min(end, until))


def _up_to(until: datetime, since: datetime | None) -> tuple[int, Edge | None]:
    start, end = _day_around(until)
    if until == end:
        return day_of(until), None
    return day_of(until) - 1, Edge(start if since is None else max(start, since), until)


def _day_around(moment: datetime) -> tuple[datetime, datetime]:
    day = moment.astimezone(UTC).date()
    return datetime.combine(day, time.min, UTC), datetime.combine(day, time.max, UTC)


def _spans(first: int, last: int) -> tuple[Span, ...]:
    # A range without whole days has a span of none.
    no_month = first > last or _month_from(first) > _month_up_to(last)
    if no_month:
        return (Span("day", first, last),)
    first_month, last_month = _month_from(first), _month_up_to(last)
    head = Span("day", first, days_in(first_month)[0] - 1)
    tail = Span("day", days_in(last_month)[1] + 1, last)
    spans = (head, Span("month", first_month, last_month), tail)
    return tuple(span for span in spans if span.first <= span.last)


def _month_from(day: int) -> int:
    """Return the first month that begins on a day or later."""
    month = month_of_date(date_of(day))
    return month if days_in(month)[0] == day else month + 1


def _month_up_to(day: int) -> int:
    """Return the last month that ends on a day or earlier."""
    month = month_of_date(date_of(day))
    return month if days_in(month)[1] == day else month - 1
