"""The views of reports."""

from __future__ import annotations

from myapp.api import answers
from myapp.api.answer import Answer
from myapp.http import questions, report_tables
from myapp.http.request import Request
from myapp.ledger.asof import AsOf
from myapp.ledger.books import open_book
from myapp.ledger.reports import balance_sheet as sheets
from myapp.ledger.reports import income_statement as statements
from myapp.ledger.reports import trial_balance as trials


def trial_balance(request: Request) -> Answer:
    """Show the trial balance as of a time."""
    wanted = questions.as_of(request) or AsOf()
    book = open_book(request.dbsession, request.matchdict["ledger"], None)
    found = trials.read(request.dbsession, book, wanted)
    return Answer(found, table=report_tables.of_trial_balance(book, found))


def balance_sheet(request: Request) -> Answer:
    """Show the balance sheet as of a time."""
    wanted = questions.as_of(request) or AsOf()
    book = open_book(request.dbsession, request.matchdict["ledger"], None)
    found = sheets.read(request.dbsession, book, wanted)
    return Answer(found, table=report_tables.of_balance_sheet(book, found))


def income_statement(request: Request) -> Answer:
    """Show the income statement of a period."""
    period, known_at = questions.period(request)
    book = open_book(request.dbsession, request.matchdict["ledger"], None)
    found = statements.read(request.dbsession, book, period, known_at)
    return Answer(_shape(found), table=report_tables.of_income_statement(book, found))


def _shape(found: statements.IncomeStatement) -> answers.IncomeStatement:
    return answers.IncomeStatement(
        start=found.period.start,
        to=found.period.end,
        known_at=found.known_at,
        sections=list(found.sections),
        net_income=dict(found.net_income),
    )
