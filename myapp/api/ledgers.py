"""The views of ledgers."""

from __future__ import annotations

from myapp.api.answer import Answer, created
from myapp.api.answer import listed as as_list
from myapp.api.bodies import LedgerBody, LedgerChange
from myapp.http.paging import page_request, words
from myapp.http.request import Request
from myapp.ledger import assets, ledgers
from myapp.ledger.books import open_book
from myapp.ledger.drafts import AssetDraft
from myapp.ledger.views import Page

VERSION = "0.1.0"


def root(request: Request) -> Answer:
    """Return links and the version."""
    links = {
        "ledgers": "/v1/ledgers",
        "keys": "/v1/keys",
        "openapi": "/v1/openapi.json",
        "docs": "/docs",
        "health": "/healthz",
        "readiness": "/readyz",
    }
    return Answer({"name": "myapp", "version": VERSION, "links": links})


def create(request: Request, body: LedgerBody) -> Answer:
    """Make a ledger, with its first assets."""
    view = ledgers.create(
        request.dbsession,
        body.name,
        now=request.now,
        description=body.description,
        strict_accounts=body.strict_accounts,
        metadata=body.metadata,
    )
    book = open_book(request.dbsession, body.name)
    drafts = [AssetDraft(asset.code, asset.scale, asset.name) for asset in body.assets]
    assets.declare_first(request.dbsession, book, drafts, now=request.now)
    return created(view, "ledgers", view.name)


def listed(request: Request) -> Answer:
    """List the ledgers that the caller may see."""
    page = page_request(request, words)
    own = request.identity.ledger
    if own is not None:
        return as_list(request, Page([ledgers.find(request.dbsession, own)], None))
    after = page.after[0] if page.after else None
    return as_list(request, ledgers.listed(request.dbsession, limit=page.limit, after=after))


def find(request: Request) -> Answer:
    """Show a ledger."""
    return Answer(ledgers.find(request.dbsession, request.matchdict["ledger"]))


def change(request: Request, body: LedgerChange) -> Answer:
    """Change a ledger."""
    view = ledgers.change(
        request.dbsession,
        request.matchdict["ledger"],
        description=body.description,
        strict_accounts=body.strict_accounts,
        metadata=body.metadata,
    )
    return Answer(view)
