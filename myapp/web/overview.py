"""The first page of a ledger: how it stands, how it went, what came last."""

from __future__ import annotations

from typing import Any

from myapp.ledger import series
from myapp.ledger.books import open_book
from myapp.web import charts
from myapp.web.latest import read_latest
from myapp.web.page import Context

MONTHS = 12


def show(request: Any) -> Context:
    """Show net worth, income and expenses by month, and the latest transactions."""
    book = open_book(request.dbsession, request.matchdict["ledger"], None)
    latest = read_latest(request, book)
    shown = {
        "latest": latest.transactions,
        "asset": latest.asset,
        "assets": sorted(book.scales),
        "months": [],
        "charts": None,
    }
    asset = latest.asset
    if asset is None or not latest.transactions:
        return shown
    months = series.months(request.dbsession, book, asset, series.last_months(latest.day, MONTHS))
    drawn = (charts.net_worth(months, asset), charts.income_and_expenses(months, asset))
    return {**shown, "months": months, "charts": drawn}
