"""The first page: which ledgers there are."""

from __future__ import annotations

from typing import Any

from myapp.http.paging import next_cursor, page_request, words
from myapp.ledger import ledgers
from myapp.ledger.views import LedgerView, Page
from myapp.web.page import Context


def listed(request: Any) -> Context:
    """List the ledgers that the visitor's key is for."""
    own = request.identity.ledger
    if own is not None:
        page: Page[LedgerView] = Page([ledgers.find(request.dbsession, own)], None)
    else:
        asked = page_request(request, words)
        after = asked.after[0] if asked.after else None
        page = ledgers.listed(request.dbsession, limit=asked.limit, after=after)
    return {"ledgers": page.items, "next": next_cursor(request, page.next_key)}
