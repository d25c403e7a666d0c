"""Reports as tables, for the API and for the pages: which rows, under which name."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from myapp.http.table import Table
from myapp.ledger.books import Book
from myapp.ledger.reports import balance_sheet as sheets
from myapp.ledger.reports import income_statement as statements
from myapp.ledger.reports import trial_balance as trials
from myapp.ledger.reports.balance_sheet import BalanceSheet
from myapp.ledger.reports.income_statement import IncomeStatement
from myapp.ledger.reports.table import Row
from myapp.ledger.reports.trial_balance import TrialBalance


def of_trial_balance(book: Book, found: TrialBalance) -> Table:
    """Return the table of a trial balance."""
    return _table(book, "trial-balance", [found.at], trials.rows(found))


def of_balance_sheet(book: Book, found: BalanceSheet) -> Table:
    """Return the table of a balance sheet."""
    return _table(book, "balance-sheet", [found.at], sheets.rows(found))


def of_income_statement(book: Book, found: IncomeStatement) -> Table:
    """Return the table of an income statement."""
    return _table(book, "income-statement", [found.period.start, found.period.end], statements.rows(found))


def _table(book: Book, report: str, times: Iterable[datetime | None], rows: Iterable[Row]) -> Table:
    # The file's name alone tells what it was made for; a ledger's name needs no quoting there.
    days = [time.date().isoformat() for time in times if time is not None]
    return Table("-".join([book.name, report, *days]), Row._fields, rows)
