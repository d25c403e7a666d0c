"""Capture a hold: what was set aside becomes a transaction, whole or in parts.

No limit is asked again: the hold was placed within the limits, and counts against them until it is captured.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from myapp.ledger import rules
from myapp.ledger.books import Book, open_book
from myapp.ledger.drafts import CaptureDraft, Entry, EntryPosting
from myapp.ledger.errors import CaptureExceedsHold
from myapp.ledger.holds.ending import take_open
from myapp.ledger.holds.expiry import mark, sweep
from myapp.ledger.holds.held import Held, Part, held_by, let_go
from myapp.ledger.holds.tables import HoldCapture
from myapp.ledger.ids import new_id
from myapp.ledger.money import format_amount
from myapp.ledger.posting import receipt, write_entries
from myapp.ledger.tables import table_of
from myapp.ledger.views import TransactionView

_CAPTURE = table_of(HoldCapture)


def capture(
    session: Session, ledger: str, hold_id: UUID, draft: CaptureDraft, *, now: datetime, actor: str
) -> TransactionView:
    """Capture a hold, or the postings that are given; then let go of the rest, unless more is to come.

    Raises:
        HoldNotFound, HoldExpired, HoldNotOpen: there is nothing to capture.
        CaptureExceedsHold: more is asked of an account than is held there.
        AccountFrozen, AccountClosed: an account takes no postings.
        LedgerError: the postings break a rule; the transaction must abort.
    """
    book = open_book(session, ledger, [posting.asset for posting in draft.postings or ()])
    hold = take_open(session, book, hold_id, now=now)
    held = held_by(session, book.id, [hold_id])
    book = replace(book, scales={**book.scales, **{each.asset: each.scale for each in held}})
    postings, taken = _asked(book, draft, held)
    ends = draft.is_final or _is_all(taken, held)
    let_go(session, book.id, [(each, each.remaining) for each in held] if ends else taken)
    written = write_entries(
        session, book, [_entry(hold, postings, draft, now=now, actor=actor)], now=now, limited=False
    )
    if written is None:
        raise AssertionError("Without a key nothing can have been posted before.")
    view = receipt(book, *written)
    _link(session, book, hold_id, view.id)
    if ends:
        mark(session, book.id, [hold_id], "captured")
    sweep(session, book.id, now=now)
    return view


def _asked(
    book: Book, draft: CaptureDraft, held: Sequence[Held]
) -> tuple[tuple[EntryPosting, ...], list[Part]]:
    if draft.postings is None:
        whole = tuple(EntryPosting(each.account, each.asset, each.remaining) for each in held)
        return whole, [(each, each.remaining) for each in held]
    postings = rules.check_postings(draft.postings, book.scales)
    return postings, allotted(postings, held, book.scales)


def allotted(postings: Sequence[EntryPosting], held: Sequence[Held], scales: Mapping[str, int]) -> list[Part]:
    """Return how much each posting takes of what is held on its account, on its side, in order.

    Raises:
        CaptureExceedsHold: there is not enough.
    """
    there: dict[tuple[str, str, bool], deque[Held]] = defaultdict(deque)
    for each in held:
        there[each.account, each.asset, each.remaining > 0].append(each)
    left = {each: abs(each.remaining) for each in held}
    for number, posting in enumerate(postings):
        mine = there[posting.account, posting.asset, posting.amount_minor > 0]
        if _take(mine, left, abs(posting.amount_minor)):
            raise _exceeds(number, posting, scales[posting.asset])
    taken = {each: abs(each.remaining) - left[each] for each in held}
    return [(each, amount if each.remaining > 0 else -amount) for each, amount in taken.items() if amount]


def _take(mine: deque[Held], left: dict[Held, int], wanted: int) -> int:
    # What is used up is thrown away, so that thousands of postings on one account are no square.
    while wanted and mine:
        amount = min(wanted, left[mine[0]])
        left[mine[0]] -= amount
        wanted -= amount
        if not left[mine[0]]:
            mine.popleft()
    return wanted


def _exceeds(number: int, posting: EntryPosting, scale: int) -> CaptureExceedsHold:
    return CaptureExceedsHold(
        f"The hold has not {format_amount(posting.amount_minor, scale)} {posting.asset} left on "
        f"{posting.account!r}.",
        pointer=f"/postings/{number}/amount",
        account=posting.account,
        asset=posting.asset,
    )


def _is_all(taken: Sequence[Part], held: Sequence[Held]) -> bool:
    return len(taken) == len(held) and all(amount == each.remaining for each, amount in taken)


def _entry(
    hold: Any, postings: tuple[EntryPosting, ...], draft: CaptureDraft, *, now: datetime, actor: str
) -> Entry:
    # The hold's reference stays the hold's: several captures could not share it.
    return Entry(
        id=new_id(),
        postings=postings,
        description=hold.description,
        reference=None,
        effective_at=draft.effective_at or now,
        metadata=hold.metadata,
        actor=actor,
    )


def _link(session: Session, book: Book, hold_id: UUID, transaction_id: UUID) -> None:
    # Nobody else can count meanwhile, because the hold is locked.
    last = select(func.coalesce(func.max(_CAPTURE.c.number), 0)).where(
        _CAPTURE.c.ledger_id == book.id, _CAPTURE.c.hold_id == hold_id
    )
    key = {"ledger_id": book.id, "hold_id": hold_id, "txn_id": transaction_id}
    session.execute(insert(_CAPTURE).values(**key, number=last.scalar_subquery() + 1))
