"""Where the page of a report leads: to the spans asked for most, to the other reports, to the file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from myapp.http.questions import PERIOD
from myapp.web.addresses import address_of
from myapp.web.spans import Span, around

INCOME_STATEMENT = "income_statement"
# By the names of their pages, in the order of the links.
REPORTS = {
    "balance_sheet": "Balance sheet",
    INCOME_STATEMENT: "Income statement",
    "trial_balance": "Trial balance",
}


@dataclass(frozen=True, slots=True)
class Link:
    """A link and its words; the one that leads to the page itself is current."""

    words: str
    address: str
    is_current: bool


def to_spans(request: Any, report: str, day: date) -> list[Link]:
    """Return the links to the same report for the spans around a day."""
    return [_to_span(request, report, span) for span in around(day)]


def _to_span(request: Any, report: str, span: Span) -> Link:
    times = {"from": span.first.isoformat(), "to": span.last.isoformat()}
    if report != INCOME_STATEMENT:
        times = {"at": times["to"]}
    given = {name: value for name, value in request.GET.items() if name in ("at", "from", "to")}
    query = {**times, **_kept(request, "known_at", "asset")}
    return Link(span.words, address_of(request, report, query), given == times)


def to_reports(request: Any, report: str, day: date) -> list[Link]:
    """Return the links to all reports, for the same time; a day without one is the present of the books."""
    end = request.GET.get("to" if report == INCOME_STATEMENT else "at")
    links = []
    for name, words in REPORTS.items():
        query = request.GET if name == report else {**_times(name, end, day), **_kept(request, "known_at")}
        links.append(Link(words, address_of(request, name, query), name == report))
    return links


def _times(report: str, end: str | None, day: date) -> dict[str, str]:
    if report != INCOME_STATEMENT:
        return {} if end is None else {"at": end}
    # What belongs to a balance sheet is the year so far.
    last = f"{day.year:04}-12-31" if end is None else end
    return {"from": f"{last[:4]}-01-01", "to": last}


def to_file(request: Any, report: str) -> str:
    """Return the address of the report as a file."""
    query = _kept(request, "at", *PERIOD)
    return address_of(request, f"{report}_file", query)


def _kept(request: Any, *names: str) -> dict[str, str]:
    return {name: request.GET[name] for name in names if name in request.GET}
