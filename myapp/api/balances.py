"""The view of balances."""

from __future__ import annotations

from myapp.api.answer import Answer
from myapp.api.answer import listed as as_list
from myapp.http import questions
from myapp.http.paging import page_request, words
from myapp.http.request import Request
from myapp.ledger import balances
from myapp.ledger.books import open_book


def listed(request: Request) -> Answer:
    """List balances by account, with the totals of the whole selection."""
    selection, page = questions.balances(request), page_request(request, words)
    book = open_book(request.dbsession, request.matchdict["ledger"], None)
    after = page.after[0] if page.after else None
    found, totals = balances.listed(request.dbsession, book, selection, limit=page.limit, after=after)
    return as_list(request, found, totals=totals)
