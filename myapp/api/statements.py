"""The view of statements."""

from __future__ import annotations

from myapp.api.answer import Answer
from myapp.api.answer import listed as as_list
from myapp.http import parameters, questions
from myapp.http.request import Request
from myapp.ledger import statements
from myapp.ledger.books import open_book


def read(request: Request) -> Answer:
    """Show the statement of an account in an asset."""
    account = parameters.needed(parameters.path, request, "account")
    wanted = questions.statement(request, account, parameters.needed(parameters.text, request, "asset"))
    limit, after = questions.page_of_statement(request)
    book = open_book(request.dbsession, request.matchdict["ledger"], [wanted.asset])
    found = statements.read(request.dbsession, book, wanted, limit=limit, after=after)
    more = {name: getattr(found, name) for name in ("account", "asset", "opening_balance", "closing_balance")}
    return as_list(request, found.page, **more)
