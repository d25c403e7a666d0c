"""The reports as files to keep: the CSV of the API, for people whose key is in a cookie."""

from __future__ import annotations

from typing import Any

from pyramid.response import Response

from myapp.http import questions, report_tables
from myapp.http.table import CSV, Table
from myapp.ledger.asof import AsOf
from myapp.ledger.books import open_book
from myapp.ledger.reports import balance_sheet as sheets
from myapp.ledger.reports import income_statement as statements
from myapp.ledger.reports import trial_balance as trials


def balance_sheet(request: Any) -> Response:
    """Answer the balance sheet as of a time."""
    as_of = questions.as_of(request) or AsOf()
    book = open_book(request.dbsession, request.matchdict["ledger"], None)
    return _file(report_tables.of_balance_sheet(book, sheets.read(request.dbsession, book, as_of)))


def income_statement(request: Any) -> Response:
    """Answer the income statement of a period."""
    period, known_at = questions.period(request)
    book = open_book(request.dbsession, request.matchdict["ledger"], None)
    found = statements.read(request.dbsession, book, period, known_at)
    return _file(report_tables.of_income_statement(book, found))


def trial_balance(request: Any) -> Response:
    """Answer the trial balance as of a time."""
    as_of = questions.as_of(request) or AsOf()
    book = open_book(request.dbsession, request.matchdict["ledger"], None)
    return _file(report_tables.of_trial_balance(book, trials.read(request.dbsession, book, as_of)))


def _file(table: Table) -> Response:
    response = Response(table.encoded(), content_type=CSV, charset="utf-8")
    response.headers.update(table.headers)
    return response
