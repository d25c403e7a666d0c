"""The view of balances."""

from __future__ import annotations

from myapp.api.accounts import as_of
from myapp.api.answer import Answer
from myapp.api.answer import listed as as_list
from myapp.http import parameters
from myapp.http.paging import page_request, words
from myapp.http.request import Request
from myapp.ledger import balances, rules
from myapp.ledger.balances import Selection
from myapp.ledger.ledgers import open_book

DEPTH_MAX = 128


def listed(request: Request) -> Answer:
    """List balances by account, with the totals of the whole selection."""
    selection = Selection(
        prefix=parameters.path(request, "prefix"),
        account_type=parameters.choice(request, "type", rules.ACCOUNT_TYPES),
        asset=parameters.text(request, "asset"),
        depth=parameters.whole(request, "depth", 1, DEPTH_MAX),
        as_of=as_of(request),
    )
    page = page_request(request, words)
    book = open_book(request.dbsession, request.matchdict["ledger"], None)
    after = page.after[0] if page.after else None
    found, totals = balances.listed(request.dbsession, book, selection, limit=page.limit, after=after)
    return as_list(request, found, totals=totals)
