"""The journal's pages: the list with its filter bar, and one transaction."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

from pyramid.httpexceptions import HTTPSeeOther

from myapp.http import parameters, questions
from myapp.http.paging import next_cursor
from myapp.ledger import transactions
from myapp.ledger.books import open_book
from myapp.ledger.errors import InvalidParameter
from myapp.web.addresses import address_here
from myapp.web.page import Context

# More digits than any amount has.
_AMOUNT = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,40})?")
_IN_THOUSANDS = re.compile(r"-?[0-9]{1,3}(,[0-9]{3}){1,12}(\.[0-9]{1,40})?")


def listed(request: Any) -> Any:
    """Show a page of transactions, newest first."""
    if request.GET.get("key") or request.GET.get("value"):
        return HTTPSeeOther(_with_metadata(request))
    amount = parameters.read(request, "amount", _decimal)
    wanted = replace(questions.transactions(request), amount=amount)
    asked = questions.page_of_transactions(request)
    book = open_book(request.dbsession, request.matchdict["ledger"], None)
    after: Any = asked.after
    page = transactions.listed(request.dbsession, book, wanted, limit=asked.limit, after=after)
    return {
        "wanted": wanted,
        "assets": sorted(book.scales),
        "transactions": page.items,
        "next": next_cursor(request, page.next_key),
    }


def _with_metadata(request: Any) -> str:
    # The bar has a field for the key and one for the value; the address has the API's `metadata.KEY`.
    given = dict(request.GET)
    key, value = given.pop("key", ""), given.pop("value", "")
    if not (key and value):
        raise InvalidParameter("To filter by metadata takes a key and its value.", parameter="metadata")
    query: dict[str, str] = {**given, f"metadata.{key}": value}
    return address_here(request, query)


def _decimal(text: str) -> Decimal:
    # The pages themselves write thousands apart.
    digits = text.replace(",", "") if _IN_THOUSANDS.fullmatch(text) else text
    if not _AMOUNT.fullmatch(digits):
        raise ValueError("it is a decimal amount such as 12.50")
    return Decimal(digits)


def find(request: Any) -> Context:
    """Show a transaction with the balances before and after."""
    book = open_book(request.dbsession, request.matchdict["ledger"])
    return {"transaction": transactions.find(request.dbsession, book, questions.transaction_id(request))}
