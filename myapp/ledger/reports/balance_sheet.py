"""The balance sheet: what is owned, what is owed, and what is left for the owners."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from myapp.ledger.asof import AsOf
from myapp.ledger.books import Book
from myapp.ledger.reports.lines import read_lines, summed
from myapp.ledger.reports.sections import Section, net_income_of, section_of, section_rows
from myapp.ledger.reports.table import Row
from myapp.ledger.rules import ACCOUNT_TYPES

SECTIONS = ("asset", "liability", "equity")


@dataclass(frozen=True, slots=True)
class BalanceSheet:
    """The three sections as of an effective time, as known at a recorded time.

    The net income to date completes equity: with it, assets are liabilities and equity, and the sheet is
    `balanced`.
    """

    at: datetime | None
    known_at: datetime | None
    sections: Sequence[Section]
    net_income: Mapping[str, str]
    balanced: bool


def read(session: Session, book: Book, as_of: AsOf) -> BalanceSheet:
    """Return the balance sheet; `book` has all scales."""
    lines = read_lines(session, book, as_of, ACCOUNT_TYPES)
    sections = [section_of(lines, each, book.scales) for each in SECTIONS]
    # Debits and credits cancel out over all accounts exactly if the two sides of the sheet are equal.
    balanced = not any(summed(lines).values())
    return BalanceSheet(as_of.at, as_of.known_at, sections, net_income_of(lines, book.scales), balanced)


def rows(report: BalanceSheet) -> Iterator[Row]:
    """Yield the report as a table, amounts positive on the section's normal side."""
    return section_rows(report.sections, report.net_income)
