"""The tree of accounts with its sub-totals, and the register of one account."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from myapp.http import parameters, questions
from myapp.http.paging import PageRequest, next_cursor, page_request, words
from myapp.ledger import accounts, balances, series, statements
from myapp.ledger.balances import Selection
from myapp.ledger.books import Book, open_book
from myapp.ledger.errors import UnknownAsset
from myapp.web import charts
from myapp.web.addresses import account_path
from myapp.web.page import Context
from myapp.web.tree import SEPARATOR, branches, folded

# A tree of more accounts is shown a level at a time.
TREE_MAX = 500


def tree(request: Any) -> Context:
    """Show the accounts below one, or all of them, with sub-totals."""
    under, as_of = parameters.path(request, "under"), questions.as_of(request)
    asked = page_request(request, words)
    book = open_book(request.dbsession, request.matchdict["ledger"], None)
    prefix = under + SEPARATOR if under else None
    whole = Selection(prefix=prefix, as_of=as_of)
    page, totals = balances.listed(request.dbsession, book, whole, limit=TREE_MAX)
    opened = accounts.listed(request.dbsession, book, prefix=prefix, limit=TREE_MAX)
    is_large = page.next_key is not None or opened.next_key is not None
    has_own = bool(under and accounts.among(request.dbsession, book, [under]))
    shown = {"under": under, "has_own": has_own, "totals": totals, "is_large": is_large, "next": None}
    depth = under.count(SEPARATOR) + 1 if under else 0
    if is_large:
        return {**shown, **_level(request, book, replace(whole, depth=depth + 1), asked)}
    return {**shown, "branches": branches(page.items, {each.path for each in opened.items}, depth)}


def _level(request: Any, book: Book, selection: Selection, asked: PageRequest) -> Context:
    after = asked.after[0] if asked.after else None
    page, _ = balances.listed(request.dbsession, book, selection, limit=asked.limit, after=after)
    known = accounts.among(request.dbsession, book, [each.account for each in page.items])
    level = [folded(each, known) for each in page.items]
    return {"branches": level, "next": next_cursor(request, page.next_key)}


def register(request: Any) -> Context:
    """Show an account, and its statement in one asset with the running balance."""
    ledger, path = request.matchdict["ledger"], account_path(request)
    account = accounts.find(request.dbsession, ledger, path, now=request.now)
    held = sorted(account.balances or ())
    asset = parameters.text(request, "asset") or next(iter(held), None)
    shown = {"account": account, "assets": held, "asset": asset}
    if asset is None:
        return {**shown, "statement": None, "chart": None, "next": None}
    return {**shown, **_statement(request, account.path, asset)}


def _statement(request: Any, path: str, asset: str) -> Context:
    book = open_book(request.dbsession, request.matchdict["ledger"], [asset])
    if asset not in book.scales:
        raise UnknownAsset(f"The ledger has no asset {asset!r}.")
    limit, after = questions.page_of_statement(request)
    wanted = questions.statement(request, path, asset)
    found = statements.read(request.dbsession, book, wanted, limit=limit, after=after)
    period = wanted.effective_from, wanted.effective_to
    curve = series.of_account(request.dbsession, book, path, asset, *period)
    return {
        "statement": found,
        "chart": charts.balance(curve, asset),
        "next": next_cursor(request, found.page.next_key),
    }
