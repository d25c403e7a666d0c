"""The form of a new transaction, shown empty, posted, and shown again with what is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from myapp.http import parameters
from myapp.http.times import moment
from myapp.ledger import accounts, posting
from myapp.ledger.books import Book, open_book
from myapp.ledger.drafts import PostingDraft, TransactionDraft
from myapp.ledger.errors import InvalidRequest, LedgerError
from myapp.web import typed
from myapp.web.addresses import address_of
from myapp.web.forms import Form
from myapp.web.latest import read_latest
from myapp.web.once import new_key
from myapp.web.page import Context
from myapp.web.typed import MetadataRow, PostingRow

ROWS, ROWS_MAX = 4, 100
# As many as a browser shows at once; the rest is found by typing.
COMPLETIONS = 200
_METADATA_ROWS = 2


def show(request: Any) -> Context:
    """Show an empty form."""
    count = parameters.whole(request, "rows", 2, ROWS_MAX) or ROWS
    return _context(request, Form(), [], [], count)


def create(request: Any, form: Form) -> str:
    """Post the transaction, and go on to it."""
    ledger = request.matchdict["ledger"]
    view = posting.post(
        request.dbsession, ledger, _draft(form), now=request.now, actor=request.identity.actor
    )
    if view is None:
        raise AssertionError("Without a key of its own nothing can have been posted before.")
    return address_of(request, "transaction", id=view.id)


def again(request: Any, form: Form, error: LedgerError) -> Context:
    """Show the form as it was sent, with what is wrong at its field."""
    rows, pairs = typed.postings(form), typed.metadata(form)
    placed = typed.place(error, rows, pairs)
    shown = {"message": error.detail, "pointer": error.pointer, "placed": placed}
    return {**_context(request, form, rows, pairs), **shown}


def completions(request: Any) -> Context:
    """Show the accounts whose path begins with what was typed."""
    book = open_book(request.dbsession, request.matchdict["ledger"])
    return {"paths": _paths(request, book, parameters.path(request, "account"))}


def _context(
    request: Any, form: Form, rows: Sequence[PostingRow], pairs: Sequence[MetadataRow], count: int = ROWS
) -> Context:
    book = open_book(request.dbsession, request.matchdict["ledger"], None)
    return {
        "form": form,
        "rows": [*rows, *[PostingRow()] * (count - len(rows))],
        "metadata": [*pairs, *[MetadataRow()] * (_METADATA_ROWS - len(pairs))],
        "assets": sorted(book.scales.items()),
        # What the books are mostly about: the first of the alphabet may be another's shares.
        "asset": read_latest(request, book).asset,
        "paths": _paths(request, book, None),
        "once": new_key(),
        "message": None,
        "pointer": None,
        "placed": False,
    }


def _paths(request: Any, book: Book, prefix: str | None) -> list[str]:
    found = accounts.listed(request.dbsession, book, limit=COMPLETIONS, prefix=prefix, status="open")
    return [account.path for account in found.items]


def _draft(form: Form) -> TransactionDraft:
    return TransactionDraft(
        postings=tuple(PostingDraft(row.account, row.asset, row.amount) for row in typed.postings(form)),
        description=form.text("description"),
        reference=form.text("reference") or None,
        effective_at=moment(form.text("effective_at") or None, "/effective_at"),
        metadata=_metadata(form),
    )


def _metadata(form: Form) -> dict[str, str]:
    pairs = typed.metadata(form)
    values = {pair.key: pair.value for pair in pairs}
    if len(values) != len(pairs):
        raise InvalidRequest("A key of the metadata is there twice.", pointer="/metadata")
    return values
