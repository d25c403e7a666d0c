"""Reverse a transaction: first what it would post, then the button."""

from __future__ import annotations

from typing import Any

from myapp.http import questions
from myapp.ledger import reversals, transactions
from myapp.ledger.books import open_book
from myapp.ledger.drafts import ReversalDraft
from myapp.ledger.errors import AlreadyReversed, LedgerError
from myapp.web.addresses import address_of
from myapp.web.forms import Form
from myapp.web.once import new_key
from myapp.web.page import Context


def show(request: Any) -> Context:
    """Show what would be posted."""
    return _context(request, Form(), None)


def create(request: Any, form: Form) -> str:
    """Post the reversal, and go on to it."""
    draft = ReversalDraft(form.text("description") or None)
    view = reversals.reverse(
        request.dbsession,
        request.matchdict["ledger"],
        questions.transaction_id(request),
        draft,
        now=request.now,
        actor=request.identity.actor,
    )
    return address_of(request, "transaction", id=view.id)


def again(request: Any, form: Form, error: LedgerError) -> Context:
    """Show what would be posted, and why it was not."""
    return _context(request, form, error)


def _context(request: Any, form: Form, error: LedgerError | None) -> Context:
    book = open_book(request.dbsession, request.matchdict["ledger"])
    transaction = transactions.find(request.dbsession, book, questions.transaction_id(request))
    return {
        "transaction": transaction,
        "form": form,
        "once": new_key(),
        "message": None if error is None else error.detail,
        "is_too_late": isinstance(error, AlreadyReversed) or transaction.reversed_by is not None,
    }
