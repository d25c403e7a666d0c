"""The pages of the reports: each beside an earlier one, with the links to others and to the file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time
from typing import Any

from myapp.http import questions
from myapp.ledger.asof import AsOf
from myapp.ledger.books import Book, open_book
from myapp.ledger.reports import balance_sheet as sheets
from myapp.ledger.reports import income_statement as statements
from myapp.ledger.reports import trial_balance as trials
from myapp.ledger.reports.balance_sheet import BalanceSheet
from myapp.ledger.reports.income_statement import IncomeStatement
from myapp.ledger.reports.periods import a_year_earlier, previous_period
from myapp.web import charts, comparison, report_links, trial
from myapp.web.comparison import Amounts, Figure
from myapp.web.latest import Latest, read_latest
from myapp.web.page import Context

Sectioned = BalanceSheet | IncomeStatement


def balance_sheet(request: Any) -> Context:
    """Show the balance sheet as of a time beside the one of a year earlier."""
    book, latest, as_of, earlier = _as_of(request)
    now = sheets.read(request.dbsession, book, as_of)
    before = None if earlier is None else sheets.read(request.dbsession, book, earlier)
    return {
        **_frame(request, "balance_sheet", book, latest),
        **_times(as_of, earlier),
        **_sections(now, before, book),
        "claims": _beside(_claims(now), None if before is None else _claims(before), book),
        "balanced": now.balanced and (before is None or before.balanced),
        "chart": latest.asset and charts.balance_sheet(now, before, latest.asset, book.scales),
    }


def _claims(sheet: BalanceSheet) -> dict[str, str]:
    _, liabilities, equity = sheet.sections
    return comparison.added(liabilities.totals, equity.totals, sheet.net_income)


def income_statement(request: Any) -> Context:
    """Show the income statement of a period beside the one of the period before."""
    period, known_at = questions.period(request)
    book = open_book(request.dbsession, request.matchdict["ledger"], None)
    latest, earlier = read_latest(request, book), previous_period(period)
    now = statements.read(request.dbsession, book, period, known_at)
    before = None if earlier is None else statements.read(request.dbsession, book, earlier, known_at)
    return {
        **_frame(request, "income_statement", book, latest),
        "now": period,
        "before": earlier,
        "known_at": known_at,
        **_sections(now, before, book),
        "chart": latest.asset and charts.largest_expenses(now, before, latest.asset, book.scales),
    }


def _sections(now: Sectioned, before: Sectioned | None, book: Book) -> Context:
    past = [None] * len(now.sections) if before is None else before.sections
    pairs = zip(now.sections, past, strict=True)
    return {
        "parts": [comparison.part(section, then, book.scales) for section, then in pairs],
        "net_income": _beside(now.net_income, None if before is None else before.net_income, book),
    }


def _beside(now: Amounts, before: Amounts | None, book: Book) -> Sequence[Figure]:
    return comparison.telling(comparison.figures(now, before, book.scales))


def trial_balance(request: Any) -> Context:
    """Show the trial balance as of a time beside the one of a year earlier."""
    book, latest, as_of, earlier = _as_of(request)
    now = trials.read(request.dbsession, book, as_of)
    before = None if earlier is None else trials.read(request.dbsession, book, earlier)
    return {
        **_frame(request, "trial_balance", book, latest),
        **_times(as_of, earlier),
        "trial": trial.beside(now, before, book.scales),
    }


def _as_of(request: Any) -> tuple[Book, Latest, AsOf, AsOf | None]:
    as_of = questions.as_of(request) or AsOf()
    book = open_book(request.dbsession, request.matchdict["ledger"], None)
    latest = read_latest(request, book)
    # Without a day it is all that is in the books, and their present is what is a year later.
    at = a_year_earlier(as_of.at or datetime.combine(latest.day, time.max, UTC))
    return book, latest, as_of, None if at is None else AsOf(at, as_of.known_at)


def _times(as_of: AsOf, earlier: AsOf | None) -> Context:
    return {"now": as_of.at, "before": earlier and earlier.at, "known_at": as_of.known_at}


def _frame(request: Any, report: str, book: Book, latest: Latest) -> Context:
    return {
        "spans": report_links.to_spans(request, report, latest.day),
        "reports": report_links.to_reports(request, report, latest.day),
        "file": report_links.to_file(request, report),
        "newest": latest.day,
        "asset": latest.asset,
        "assets": sorted(book.scales),
    }
