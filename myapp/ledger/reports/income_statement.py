"""The income statement: what was earned and what was spent within a period."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from myapp.ledger.asof import AsOf
from myapp.ledger.books import Book
from myapp.ledger.reports.lines import read_lines
from myapp.ledger.reports.periods import Period
from myapp.ledger.reports.sections import RESULT_TYPES, Section, net_income_of, section_of, section_rows
from myapp.ledger.reports.table import Row


@dataclass(frozen=True, slots=True)
class IncomeStatement:
    """Income and expenses that took effect within a period, as known at a recorded time."""

    period: Period
    known_at: datetime | None
    sections: Sequence[Section]
    net_income: Mapping[str, str]


def read(session: Session, book: Book, period: Period, known_at: datetime | None = None) -> IncomeStatement:
    """Return the income statement; `book` has all scales. A period that ends before it starts has nothing."""
    as_of = AsOf(period.end, known_at, period.start)
    lines = read_lines(session, book, as_of, RESULT_TYPES)
    sections = [section_of(lines, each, book.scales) for each in RESULT_TYPES]
    return IncomeStatement(period, known_at, sections, net_income_of(lines, book.scales))


def rows(report: IncomeStatement) -> Iterator[Row]:
    """Yield the report as a table, amounts positive on the section's normal side."""
    return section_rows(report.sections, report.net_income)
