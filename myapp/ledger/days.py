"""A range of effective time as whole days, whose totals are stored, and parts of the days at its edges."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from myapp.ledger.plan import day_of

_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, order=True)
class Edge:
    """Inclusive times within a day, whose postings count (`sign` 1) or are taken off the whole day (-1)."""

    start: datetime
    end: datetime
    sign: int = 1


@dataclass(frozen=True, slots=True)
class Days:
    """Whole days from the first to the last (days since 1970-01-01, UTC), and what to add or take off.

    A bound of None means that the range is open there. In the end every instant of the range counts once.
    """

    first: int | None
    last: int | None
    edges: tuple[Edge, ...]


def days_of(since: datetime | None, until: datetime | None, *, by_rest: bool = False) -> Days:
    """Return what the range from `since` to `until`, both inclusive, is made of.

    With `by_rest` a day of which more than half is in the range is a whole day less its rest: fewer postings
    are summed. A day on which nothing is in the range but the rest may then seem to have something, of 0.
    """
    by_rest = by_rest and (since is None or until is None or day_of(since) < day_of(until))
    first, early = (None, None) if since is None else _from(since, until, by_rest=by_rest)
    last, late = (None, None) if until is None else _up_to(until, since, by_rest=by_rest)
    # A range within one day is cut twice into the same piece, and one that ends before it starts into none.
    edges = {edge for edge in (early, late) if edge is not None and edge.start <= edge.end}
    return Days(first, last, tuple(sorted(edges)))


def _from(since: datetime, until: datetime | None, *, by_rest: bool) -> tuple[int, Edge | None]:
    day, start, end = day_of(since), _first_instant(since), _last_instant(since)
    if since == start:
        return day, None
    if by_rest and since - start < end - since:
        return day, Edge(start, since - _INSTANT, -1)
    return day + 1, Edge(since, _earlier(end, until))


def _up_to(until: datetime, since: datetime | None, *, by_rest: bool) -> tuple[int, Edge | None]:
    day, start, end = day_of(until), _first_instant(until), _last_instant(until)
    if until == end:
        return day, None
    if by_rest and end - until < until - start:
        return day, Edge(until + _INSTANT, end, -1)
    return day - 1, Edge(_later(start, since), until)


def _first_instant(moment: datetime) -> datetime:
    return datetime.combine(moment.astimezone(UTC).date(), time.min, UTC)


def _last_instant(moment: datetime) -> datetime:
    return datetime.combine(moment.astimezone(UTC).date(), time.max, UTC)


def _earlier(moment: datetime, bound: datetime | None) -> datetime:
    return moment if bound is None else min(moment, bound)


def _later(moment: datetime, bound: datetime | None) -> datetime:
    return moment if bound is None else max(moment, bound)
