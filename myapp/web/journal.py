"""The journal's pages: the list with its filter bar, and one transaction."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from myapp.http import questions
from myapp.http.paging import next_cursor
from myapp.ledger import transactions
from myapp.ledger.errors import TransactionNotFound
from myapp.ledger.ledgers import open_book
from myapp.web.page import Context


def listed(request: Any) -> Context:
    """Show a page of transactions, newest first."""
    wanted, asked = questions.transactions(request), questions.page_of_transactions(request)
    book = open_book(request.dbsession, request.matchdict["ledger"], None)
    after: Any = asked.after
    page = transactions.listed(request.dbsession, book, wanted, limit=asked.limit, after=after)
    return {
        "wanted": wanted,
        "assets": sorted(book.scales),
        "transactions": page.items,
        "next": next_cursor(request, page.next_key),
    }


def find(request: Any) -> Context:
    """Show a transaction with the balances before and after."""
    book = open_book(request.dbsession, request.matchdict["ledger"])
    return {"transaction": transactions.find(request.dbsession, book, transaction_id(request))}


def transaction_id(request: Any) -> UUID:
    """Return the id in the address.

    Raises:
        TransactionNotFound: it is no id.
    """
    try:
        return UUID(request.matchdict["id"])
    except ValueError:
        raise TransactionNotFound("The ledger has no transaction with this id.") from None
