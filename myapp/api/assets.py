"""The views of assets."""

from __future__ import annotations

from myapp.api.answer import Answer
from myapp.api.answer import listed as as_list
from myapp.api.bodies import AssetBody
from myapp.http.paging import page_request, words
from myapp.http.request import Request
from myapp.ledger import assets
from myapp.ledger.books import open_book


def declare(request: Request, body: AssetBody) -> Answer:
    """Declare an asset."""
    book = open_book(request.dbsession, request.matchdict["ledger"])
    view = assets.declare(request.dbsession, book, body.code, body.scale, now=request.now, name=body.name)
    # No Location: an asset has no address of its own, it is read in the list.
    return Answer(view, 201)


def listed(request: Request) -> Answer:
    """List the ledger's assets."""
    page = page_request(request, words)
    book = open_book(request.dbsession, request.matchdict["ledger"])
    after = page.after[0] if page.after else None
    return as_list(request, assets.listed(request.dbsession, book, limit=page.limit, after=after))
