"""Place a hold: set amounts aside within the limits, as a transaction would move them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from myapp.ledger.books import open_book
from myapp.ledger.drafts import TransactionDraft
from myapp.ledger.errors import InvalidRequest
from myapp.ledger.holds.expiry import sweep
from myapp.ledger.holds.reading import find
from myapp.ledger.holds.reserving import plan_of, record
from myapp.ledger.holds.views import HoldView
from myapp.ledger.posting import check
from myapp.ledger.refusals import refusal
from myapp.ledger.settling import HOLD, settle


def place(
    session: Session,
    ledger: str,
    draft: TransactionDraft,
    *,
    now: datetime,
    actor: str,
    expires_at: datetime | None = None,
) -> HoldView:
    """Place a hold; without `expires_at` it is open until it is captured or voided.

    What it takes out counts against `min` at once, what it brings in against `max`, and both against the 64
    bits of a total, so that a capture cannot fail on a limit.

    Raises:
        InvalidRequest: it would be expired at once.
        LedgerError: the draft breaks a rule, or an account refuses; the transaction must abort.
    """
    book = open_book(session, ledger, [posting.asset for posting in draft.postings])
    entry = check(book, draft, now=now, actor=actor)
    if expires_at is not None and expires_at <= now:
        raise InvalidRequest("A hold expires later than now.", pointer="/expires_at")
    planned = plan_of(entry)
    outcome = settle(session, book, planned, HOLD, now=now)
    if len(outcome.balances) != len(planned.balances):
        raise refusal(session, book, planned, outcome, now=now)
    record(session, book.id, entry, planned, expires_at)
    sweep(session, book.id, now=now)
    return find(session, book, entry.id, now=now)
