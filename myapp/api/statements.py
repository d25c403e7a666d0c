"""The view of statements."""

from __future__ import annotations

from myapp.api.answer import Answer
from myapp.api.answer import listed as as_list
from myapp.http import parameters
from myapp.http.paging import instant, int64, page_request
from myapp.http.request import Request
from myapp.ledger import statements
from myapp.ledger.ledgers import open_book
from myapp.ledger.statements import Place, StatementFilter


def read(request: Request) -> Answer:
    """Show the statement of an account in an asset."""
    wanted = StatementFilter(
        account=parameters.needed(parameters.path, request, "account"),
        asset=parameters.needed(parameters.text, request, "asset"),
        effective_from=parameters.start(request, "from"),
        effective_to=parameters.end(request, "to"),
    )
    page = page_request(request, instant, *[int64] * 5)
    book = open_book(request.dbsession, request.matchdict["ledger"], [wanted.asset])
    after = Place(*page.after) if page.after else None
    found = statements.read(request.dbsession, book, wanted, limit=page.limit, after=after)
    more = {name: getattr(found, name) for name in ("account", "asset", "opening_balance", "closing_balance")}
    return as_list(request, found.page, **more)
