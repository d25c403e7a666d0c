"""Take a hold to end it, or void it: nobody else can, until the transaction ends."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from myapp.ledger.books import Book
from myapp.ledger.errors import HoldExpired, HoldNotOpen
from myapp.ledger.holds.expiry import mark, sweep
from myapp.ledger.holds.held import HOLD, held_by, let_go, lock_balances_of
from myapp.ledger.holds.reading import find, is_expired, not_found
from myapp.ledger.holds.views import HoldView


def void(session: Session, book: Book, hold_id: UUID, *, now: datetime) -> HoldView:
    """Void a hold: let go of all that it still holds, on frozen and closed accounts too.

    Raises:
        HoldNotFound, HoldExpired, HoldNotOpen: there is nothing to void.
    """
    take_open(session, book, hold_id, now=now)
    held = held_by(session, book.id, [hold_id])
    let_go(session, book.id, [(each, each.remaining) for each in held])
    mark(session, book.id, [hold_id], "voided")
    sweep(session, book.id, now=now)
    return find(session, book, hold_id, now=now)


def take_open(session: Session, book: Book, hold_id: UUID, *, now: datetime) -> Any:
    """Lock a hold that is open and the balances on which it holds something, and return the hold's row.

    The balances first, as everybody does who lets go of a hold.

    Raises:
        HoldNotFound: the ledger has none with this id.
        HoldExpired: its time is over.
        HoldNotOpen: it was captured or voided.
    """
    lock_balances_of(session, book.id, [hold_id])
    statement = select(HOLD).where(HOLD.c.ledger_id == book.id, HOLD.c.id == hold_id)
    hold = session.execute(statement.with_for_update()).one_or_none()
    if hold is None:
        raise not_found(hold_id)
    if is_expired(hold.status, hold.expires_at, now):
        raise HoldExpired(f"The hold {hold_id} is expired.")
    if hold.status != "open":
        raise HoldNotOpen(f"The hold {hold_id} is {hold.status}.")
    return hold
