"""The views of transactions."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from myapp.api.answer import Answer, created
from myapp.api.answer import listed as as_list
from myapp.api.bodies import MetadataChange, ReversalBody, TransactionBody
from myapp.api.idempotency import REPLAYED, key_of
from myapp.http import parameters
from myapp.http.paging import instant, page_request, uuid
from myapp.http.request import Request
from myapp.http.times import first_instant
from myapp.ledger import reversals, transactions
from myapp.ledger.drafts import PostingDraft, ReversalDraft, TransactionDraft
from myapp.ledger.errors import InvalidParameter, InvalidRequest, TransactionNotFound
from myapp.ledger.idempotency import recall
from myapp.ledger.ledgers import open_book
from myapp.ledger.posting import Key, post, preview
from myapp.ledger.rules import METADATA_KEYS_MAX
from myapp.ledger.transactions import TransactionFilter


def create(request: Request, body: TransactionBody) -> Answer:
    """Post a transaction, or show what it would be."""
    ledger, draft = request.matchdict["ledger"], draft_of(body)
    given: dict[str, Any] = {"now": request.now, "actor": request.identity.actor}
    if parameters.flag(request, "dry_run"):
        return Answer(preview(request.dbsession, ledger, draft, **given))
    key = key_of(request)
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


def draft_of(body: TransactionBody) -> TransactionDraft:
    """Return what a body asks to post.

    Raises:
        InvalidRequest: `effective_at` is no time.
    """
    return TransactionDraft(
        postings=tuple(PostingDraft(each.account, each.asset, each.amount) for each in body.postings),
        description=body.description or "",
        reference=body.reference,
        effective_at=_effective_at(body.effective_at),
        metadata=body.metadata,
    )


def _effective_at(text: str | None) -> datetime | None:
    try:
        return None if text is None else first_instant(text)
    except ValueError as error:
        raise InvalidRequest(f"{error}.", pointer="/effective_at") from error


def listed(request: Request) -> Answer:
    """List transactions, newest first."""
    wanted = TransactionFilter(
        account=parameters.path(request, "account"),
        asset=parameters.text(request, "asset"),
        effective_from=parameters.start(request, "from"),
        effective_to=parameters.end(request, "to"),
        reference=parameters.text(request, "reference"),
        text=parameters.text(request, "q"),
        metadata=_metadata(request),
        order=parameters.choice(request, "order", ("recorded", "effective")) or "recorded",
    )
    page = page_request(request, instant, uuid)
    book = open_book(request.dbsession, request.matchdict["ledger"])
    after: Any = page.after
    return as_list(
        request, transactions.listed(request.dbsession, book, wanted, limit=page.limit, after=after)
    )


def _metadata(request: Request) -> dict[str, str]:
    prefix = "metadata."
    wanted = {name[len(prefix) :]: value for name, value in request.GET.items() if name.startswith(prefix)}
    # No transaction has more keys, and SQLite refuses a condition of a thousand parts.
    if len(wanted) > METADATA_KEYS_MAX:
        raise InvalidParameter(f"At most {METADATA_KEYS_MAX} metadata filters.", parameter="metadata.")
    return wanted


def find(request: Request) -> Answer:
    """Show a transaction."""
    book = open_book(request.dbsession, request.matchdict["ledger"])
    return Answer(transactions.find(request.dbsession, book, _id(request)))


def change(request: Request, body: MetadataChange) -> Answer:
    """Change a transaction's metadata."""
    book = open_book(request.dbsession, request.matchdict["ledger"])
    view = transactions.change_metadata(request.dbsession, book, _id(request), body.metadata, now=request.now)
    return Answer(view)


def reverse(request: Request, body: ReversalBody) -> Answer:
    """Reverse a transaction."""
    ledger = request.matchdict["ledger"]
    draft = ReversalDraft(body.description, _effective_at(body.effective_at), body.metadata)
    view = reversals.reverse(
        request.dbsession, ledger, _id(request), draft, now=request.now, actor=request.identity.actor
    )
    return created(view, "ledgers", ledger, "transactions", str(view.id))


def _id(request: Request) -> UUID:
    try:
        return UUID(request.matchdict["id"])
    except ValueError:
        raise TransactionNotFound("The ledger has no transaction with this id.") from None
