"""The views of transactions."""

from __future__ import annotations

from typing import Any

from myapp.api.answer import Answer, created
from myapp.api.answer import listed as as_list
from myapp.api.bodies import MetadataChange, ReversalBody, TransactionBody
from myapp.api.drafting import draft_of
from myapp.api.idempotency import REPLAYED, key_of
from myapp.http import parameters, questions
from myapp.http.request import Request
from myapp.http.times import moment
from myapp.ledger import reversals, transactions
from myapp.ledger.books import open_book
from myapp.ledger.drafts import ReversalDraft
from myapp.ledger.idempotency import recall
from myapp.ledger.posting import Key, post, preview


def create(request: Request, body: TransactionBody) -> Answer:
    """Post a transaction, or show what it would be."""
    ledger, draft = request.matchdict["ledger"], draft_of(body)
    given: dict[str, Any] = {"now": request.now, "actor": request.identity.actor}
    # A rehearsal uses no key, but one that the real request could not use is refused already.
    key = key_of(request)
    if parameters.flag(request, "dry_run"):
        return Answer(preview(request.dbsession, ledger, draft, **given))
    view = post(request.dbsession, ledger, draft, key=key, **given)
    if view is None:
        return _again(request, ledger, key)
    return created(view, "ledgers", ledger, "transactions", str(view.id))


def _again(request: Request, ledger: str, key: Key | None) -> Answer:
    if key is None:
        raise AssertionError("Only a key can have been used before.")
    book = open_book(request.dbsession, ledger)
    remembered = recall(request.dbsession, book.id, key)
    if remembered.txn_id is None:
        return Answer(remembered.answer, remembered.status, REPLAYED)
    view = transactions.as_first_answered(request.dbsession, book, remembered.txn_id)
    first = created(view, "ledgers", ledger, "transactions", str(view.id))
    return Answer(view, remembered.status, {**first.headers, **REPLAYED})


def listed(request: Request) -> Answer:
    """List transactions, newest first."""
    wanted, page = questions.transactions(request), questions.page_of_transactions(request)
    book = open_book(request.dbsession, request.matchdict["ledger"])
    after: Any = page.after
    return as_list(
        request, transactions.listed(request.dbsession, book, wanted, limit=page.limit, after=after)
    )


def find(request: Request) -> Answer:
    """Show a transaction."""
    book = open_book(request.dbsession, request.matchdict["ledger"])
    return Answer(transactions.find(request.dbsession, book, questions.transaction_id(request)))


def change(request: Request, body: MetadataChange) -> Answer:
    """Change a transaction's metadata."""
    book = open_book(request.dbsession, request.matchdict["ledger"])
    view = transactions.change_metadata(
        request.dbsession, book, questions.transaction_id(request), body.metadata, now=request.now
    )
    return Answer(view)


def reverse(request: Request, body: ReversalBody) -> Answer:
    """Reverse a transaction."""
    ledger = request.matchdict["ledger"]
    draft = ReversalDraft(body.description, moment(body.effective_at, "/effective_at"), body.metadata)
    view = reversals.reverse(
        request.dbsession,
        ledger,
        questions.transaction_id(request),
        draft,
        now=request.now,
        actor=request.identity.actor,
    )
    return created(view, "ledgers", ledger, "transactions", str(view.id))
