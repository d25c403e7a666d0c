"""The views of reports."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from myapp.api import answers
from myapp.api.answer import Answer
from myapp.api.table import Table
from myapp.http import questions
from myapp.http.request import Request
from myapp.ledger.asof import AsOf
from myapp.ledger.ledgers import open_book
from myapp.ledger.reports import balance_sheet as sheets
from myapp.ledger.reports import income_statement as statements
from myapp.ledger.reports import trial_balance as trials
from myapp.ledger.reports.table import Row


def trial_balance(request: Request) -> Answer:
    """Show the trial balance as of a time."""
    wanted = questions.as_of(request) or AsOf()
    book = open_book(request.dbsession, request.matchdict["ledger"], None)
    found = trials.read(request.dbsession, book, wanted)
    return Answer(found, table=_table(book.name, "trial-balance", [found.at], trials.rows(found)))


def balance_sheet(request: Request) -> Answer:
    """Show the balance sheet as of a time."""
    wanted = questions.as_of(request) or AsOf()
    book = open_book(request.dbsession, request.matchdict["ledger"], None)
    found = sheets.read(request.dbsession, book, wanted)
    return Answer(found, table=_table(book.name, "balance-sheet", [found.at], sheets.rows(found)))


def income_statement(request: Request) -> Answer:
    """Show the income statement of a period."""
    period, known_at = questions.period(request)
    book = open_book(request.dbsession, request.matchdict["ledger"], None)
    found = statements.read(request.dbsession, book, period, known_at)
    table = _table(book.name, "income-statement", [period.start, period.end], statements.rows(found))
    return Answer(_shape(found), table=table)


def _shape(found: statements.IncomeStatement) -> answers.IncomeStatement:
    return answers.IncomeStatement(
        start=found.period.start,
        to=found.period.end,
        known_at=found.known_at,
        sections=list(found.sections),
        net_income=dict(found.net_income),
    )


def _table(ledger: str, report: str, times: Iterable[datetime | None], rows: Iterable[Row]) -> Table:
    # The file's name alone tells what it was made for; a ledger's name needs no quoting there.
    days = [time.date().isoformat() for time in times if time is not None]
    return Table("-".join([ledger, report, *days]), Row._fields, rows)
