"""A range of effective time as whole days, whose totals are stored, and parts of the days at its edges."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time

from myapp.ledger.plan import day_of


@dataclass(frozen=True, slots=True)
class Days:
    """Whole days from the first to the last (days since 1970-01-01, UTC), and inclusive times of other days.

    A bound of None means that the range is open there. No instant is counted twice.
    """

    first: int | None
    last: int | None
    edges: tuple[tuple[datetime, datetime], ...]


def days_of(since: datetime | None, until: datetime | None) -> Days:
    """Return what the range from `since` to `until`, both inclusive, is made of."""
    first = last = None
    edges: set[tuple[datetime, datetime]] = set()
    if since is not None:
        first = day_of(since)
        if since != _first_instant(since):
            first += 1
            edges.add((since, _earlier(_last_instant(since), until)))
    if until is not None:
        last = day_of(until)
        if until != _last_instant(until):
            last -= 1
            edges.add((_later(_first_instant(until), since), until))
    # A range within one day is cut twice into the same piece, and one that ends before it starts into none.
    return Days(first, last, tuple(sorted(edge for edge in edges if edge[0] <= edge[1])))


def _first_instant(moment: datetime) -> datetime:
    return datetime.combine(moment.astimezone(UTC).date(), time.min, UTC)


def _last_instant(moment: datetime) -> datetime:
    return datetime.combine(moment.astimezone(UTC).date(), time.max, UTC)


def _earlier(moment: datetime, bound: datetime | None) -> datetime:
    return moment if bound is None else min(moment, bound)


def _later(moment: datetime, bound: datetime | None) -> datetime:
    return moment if bound is None else max(moment, bound)
