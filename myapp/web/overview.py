"""The first page of a ledger: how it stands, how it went, what came last."""

from __future__ import annotations

from typing import Any

from myapp.http import parameters
from myapp.ledger import series, transactions
from myapp.ledger.errors import UnknownAsset
from myapp.ledger.ledgers import Book, open_book
from myapp.ledger.transactions import TransactionFilter
from myapp.web import charts
from myapp.web.page import Context

LATEST = 8
MONTHS = 12


def show(request: Any) -> Context:
    """Show net worth, income and expenses by month, and the latest transactions."""
    book = open_book(request.dbsession, request.matchdict["ledger"], None)
    newest = TransactionFilter(order="effective")
    latest = transactions.listed(request.dbsession, book, newest, limit=LATEST).items
    asset = _asset(request, book, [posting.asset for each in latest for posting in each.postings])
    shown = {"latest": latest, "asset": asset, "assets": sorted(book.scales), "months": [], "charts": None}
    if asset is None or not latest:
        return shown
    # The books may end before today, or look into the future.
    until = min(latest[0].effective_at, request.now).date()
    months = series.months(request.dbsession, book, asset, series.last_months(until, MONTHS))
    drawn = (charts.net_worth(months, asset), charts.income_and_expenses(months, asset))
    return {**shown, "months": months, "charts": drawn}


def _asset(request: Any, book: Book, used: list[str]) -> str | None:
    asked = parameters.text(request, "asset")
    if asked is not None and asked not in book.scales:
        raise UnknownAsset(f"The ledger has no asset {asked!r}.")
    # What was used most, of late.
    return asked or max(sorted(set(used)), key=used.count, default=None)
