"""Post: check what was asked, write it once, answer with what it became."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import islice

from msgspec import Struct
from sqlalchemy.orm import Session

from myapp.ledger import rules
from myapp.ledger.books import Book, open_book
from myapp.ledger.drafts import Entry, TransactionDraft
from myapp.ledger.ids import new_id
from myapp.ledger.money import format_amount
from myapp.ledger.outcomes import Claim, Outcome
from myapp.ledger.plan import Plan, PlannedPosting, plan
from myapp.ledger.refusals import refusal
from myapp.ledger.reuse import BEFORE_THE_CLAIM, refuse_reuse
from myapp.ledger.savepoints import savepoint
from myapp.ledger.settling import POST, settle
from myapp.ledger.views import PostingView, TransactionView


class Key(Struct, frozen=True):
    """An idempotency key with the fingerprint of its request."""

    key: str
    fingerprint: str


def post(
    session: Session,
    ledger: str,
    draft: TransactionDraft,
    *,
    now: datetime,
    actor: str,
    key: Key | None = None,
) -> TransactionView | None:
    """Post a transaction; return None, with nothing changed, when its key was used before.

    Raises:
        LedgerError: the draft breaks a rule, or an account refuses; the transaction must abort.
    """
    book = open_book(session, ledger, [posting.asset for posting in draft.postings])
    try:
        entry = check(book, draft, now=now, actor=actor)
        claims = (Claim(key.key, key.fingerprint, entry.id),) if key is not None else ()
        written = write_entries(session, book, [entry], now=now, claims=claims)
    except BEFORE_THE_CLAIM:
        if key is not None:
            refuse_reuse(session, book.id, key.key, key.fingerprint)
        raise
    return None if written is None else receipt(book, *written)


def preview(
    session: Session, ledger: str, draft: TransactionDraft, *, now: datetime, actor: str
) -> TransactionView:
    """Return what posting would make, and keep nothing of it.

    Raises:
        LedgerError: as `post`.
    """
    with savepoint(session, keep=False):
        view = post(session, ledger, draft, now=now, actor=actor)
    if view is None:
        raise AssertionError("Without a key nothing can have been posted before.")
    return view


def check(book: Book, draft: TransactionDraft, *, now: datetime, actor: str) -> Entry:
    """Return the draft as an entry, once it obeys the rules of double entry.

    Raises:
        LedgerError: the draft breaks a rule.
    """
    return Entry(
        id=new_id(),
        postings=rules.check_postings(draft.postings, book.scales),
        description=rules.check_description(draft.description),
        reference=rules.check_reference(draft.reference),
        effective_at=draft.effective_at or now,
        metadata=rules.check_metadata(draft.metadata),
        actor=actor,
    )


def write_entries(
    session: Session,
    book: Book,
    entries: Sequence[Entry],
    *,
    now: datetime,
    claims: tuple[Claim, ...] = (),
    types: Mapping[str, str] | None = None,
    limited: bool = True,
) -> tuple[Plan, Outcome] | None:
    """Write checked entries, opening accounts as needed; None when a key was used before.

    `types` tells the types of accounts whose path does not. Where not `limited`, no limit is asked.

    Raises:
        LedgerError: an account refuses, or may not be opened; the transaction must abort.
    """
    planned = plan(entries, limited=limited)
    outcome = settle(session, book, planned, POST, now=now, claims=claims, types=types or {})
    if not outcome.claimed:
        return None
    if len(outcome.recorded_at) != len(entries):
        raise refusal(session, book, planned, outcome, now=now)
    return planned, outcome


def receipt(book: Book, planned: Plan, outcome: Outcome) -> TransactionView:
    """Return the one transaction of a write as it was recorded; `book` has the scales of its assets."""
    (view,) = receipts(book, planned, outcome)
    return view


def receipts(book: Book, planned: Plan, outcome: Outcome) -> list[TransactionView]:
    """Return the transactions of a write as they were recorded; `book` has the scales of their assets."""
    postings = iter(planned.postings)
    return [
        TransactionView(
            id=entry.id,
            ledger=book.name,
            kind=entry.kind,
            description=entry.description,
            reference=entry.reference,
            effective_at=entry.effective_at,
            recorded_at=outcome.recorded_at[entry.id],
            actor=entry.actor,
            metadata=entry.metadata,
            reverses=entry.reverses,
            reversed_by=None,
            postings=[_posted(book, each, outcome) for each in islice(postings, len(entry.postings))],
        )
        for entry in planned.entries
    ]


def _posted(book: Book, posting: PlannedPosting, outcome: Outcome) -> PostingView:
    balance = posting.balance
    after, scale = outcome.balances[balance.number], book.scales[balance.asset]
    return PostingView(
        balance.account,
        balance.asset,
        format_amount(posting.amount, scale),
        format_amount(after.debits - after.credits - posting.remaining, scale),
        after.version - posting.later,
    )
