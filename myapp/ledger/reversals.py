"""Reverse a transaction: post its opposite, once, linked to it both ways.

The journal is never changed, so this is how a mistake is corrected. A reversal is posted like any other
transaction: the limits and the states of its accounts may refuse it. It may itself be reversed, once; what
was reversed before stays so, and is not free to be reversed again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.orm import Session, aliased

from myapp.ledger import rules
from myapp.ledger.books import Book, open_book
from myapp.ledger.drafts import Entry, EntryPosting, ReversalDraft
from myapp.ledger.errors import AlreadyReversed, TransactionNotFound
from myapp.ledger.ids import new_id
from myapp.ledger.posting import receipt, write_entries
from myapp.ledger.tables import Account, Asset, Posting, Transaction
from myapp.ledger.views import TransactionView


def reverse(
    session: Session, ledger: str, transaction_id: UUID, draft: ReversalDraft, *, now: datetime, actor: str
) -> TransactionView:
    """Post the opposite of a transaction: its postings in their order, each with the other sign.

    It takes effect now, unless the draft says when: an earlier time would change what past reports say.

    Raises:
        LedgerNotFound, TransactionNotFound: there is none.
        AlreadyReversed: it was reversed before, or is by another request just now.
        InvalidRequest: the description or the metadata break their rules.
        LedgerError: an account refuses, as in `posting.post`; the transaction must abort.
    """
    book = open_book(session, ledger)
    original = _original(session, book, transaction_id)
    postings = _postings(session, book, transaction_id)
    book = replace(book, scales={row.asset: row.scale for row in postings})
    entry = Entry(
        id=new_id(),
        postings=tuple(EntryPosting(row.path, row.asset, -row.amount) for row in postings),
        description=_description(draft, original),
        reference=None,
        effective_at=draft.effective_at or now,
        metadata=rules.check_metadata(draft.metadata),
        kind="reversal",
        actor=actor,
        reverses=transaction_id,
    )
    written = write_entries(session, book, [entry], now=now)
    if written is None:
        raise AssertionError("Without a key nothing can have been reversed before.")
    return receipt(book, *written)


def _original(session: Session, book: Book, transaction_id: UUID) -> Any:
    reversal = aliased(Transaction)
    statement = (
        select(Transaction.id, Transaction.description, reversal.id.label("reversed_by"))
        .outerjoin(
            reversal, and_(reversal.ledger_id == Transaction.ledger_id, reversal.reverses == Transaction.id)
        )
        .where(Transaction.ledger_id == book.id, Transaction.id == transaction_id)
    )
    row = session.execute(statement).one_or_none()
    if row is None:
        raise TransactionNotFound(f"The ledger has no transaction {transaction_id}.")
    if row.reversed_by is not None:
        # Said before anything is written: the accounts may no longer have what a second one would take.
        raise AlreadyReversed(f"The transaction {transaction_id} is reversed already.")
    return row


def _postings(session: Session, book: Book, transaction_id: UUID) -> Sequence[Any]:
    statement = (
        select(Account.path, Posting.asset, Posting.amount, Asset.scale)
        .join(Account, and_(Account.ledger_id == Posting.ledger_id, Account.id == Posting.account_id))
        .join(Asset, and_(Asset.ledger_id == Posting.ledger_id, Asset.code == Posting.asset))
        .where(Posting.ledger_id == book.id, Posting.txn_id == transaction_id)
        .order_by(Posting.position)
    )
    return session.execute(statement).all()


def _description(draft: ReversalDraft, original: Any) -> str:
    if draft.description is not None:
        return rules.check_description(draft.description)
    # What it reverses may have used up all the characters there are.
    told = f"Reversal of {original.description or original.id}"
    return told[: rules.DESCRIPTION_CHARS_MAX]
