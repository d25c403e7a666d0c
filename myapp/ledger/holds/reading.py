"""Read holds: one, or a list; an expired hold is shown as such, whether or not anyone marked it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, not_, or_, select, tuple_
from sqlalchemy.orm import Session

from myapp.ledger.books import Book
from myapp.ledger.errors import HoldNotFound
from myapp.ledger.holds.held import HOLD, HOLD_POSTING
from myapp.ledger.holds.tables import HoldCapture
from myapp.ledger.holds.views import HeldView, HoldView
from myapp.ledger.money import format_amount
from myapp.ledger.paging import page_of
from myapp.ledger.tables import Account, Asset
from myapp.ledger.views import Page


@dataclass(frozen=True, slots=True)
class HoldFilter:
    """Which holds: of a status, on an account."""

    status: str | None = None
    account: str | None = None


def find(session: Session, book: Book, hold_id: UUID, *, now: datetime) -> HoldView:
    """Return a hold.

    Raises:
        HoldNotFound: the ledger has none with this id.
    """
    views = _views(session, book, _select(book).where(HOLD.c.id == hold_id), now)
    if not views:
        raise not_found(hold_id)
    return views[0]


def not_found(hold_id: UUID) -> HoldNotFound:
    """Return the refusal for a hold that is not there."""
    return HoldNotFound(f"The ledger has no hold {hold_id}.")


def listed(
    session: Session,
    book: Book,
    wanted: HoldFilter,
    *,
    now: datetime,
    limit: int,
    after: tuple[datetime, UUID] | None = None,
) -> Page[HoldView]:
    """Return holds, newest first."""
    statement = _select(book)
    if wanted.status is not None:
        statement = statement.where(_has_status(wanted.status, now))
    if wanted.account is not None:
        statement = statement.where(HOLD.c.id.in_(_on_account(book, wanted.account)))
    if after is not None:
        reached = tuple_(*after, types=[HOLD.c.recorded_at.type, HOLD.c.id.type])
        statement = statement.where(tuple_(HOLD.c.recorded_at, HOLD.c.id) < reached)
    newest = statement.order_by(HOLD.c.recorded_at.desc(), HOLD.c.id.desc()).limit(limit + 1)
    return page_of(_views(session, book, newest, now), limit, lambda view: (view.recorded_at, view.id))


def is_expired(status: str, expires_at: datetime | None, now: datetime) -> bool:
    """Tell whether a hold is expired, marked as such or not."""
    return status == "expired" or (status == "open" and expires_at is not None and expires_at <= now)


def _has_status(status: str, now: datetime) -> ColumnElement[bool]:
    overdue = and_(HOLD.c.status == "open", HOLD.c.expires_at.is_not(None), HOLD.c.expires_at <= now)
    if status == "expired":
        return or_(HOLD.c.status == status, overdue)
    same = HOLD.c.status == status
    return and_(same, not_(overdue)) if status == "open" else same


def _select(book: Book) -> Select[Any]:
    return select(HOLD).where(HOLD.c.ledger_id == book.id)


def _on_account(book: Book, path: str) -> Select[Any]:
    account = select(Account.id).where(Account.ledger_id == book.id, Account.path == path)
    return select(HOLD_POSTING.c.hold_id).where(
        HOLD_POSTING.c.ledger_id == book.id, HOLD_POSTING.c.account_id == account.scalar_subquery()
    )


def _views(session: Session, book: Book, statement: Select[Any], now: datetime) -> list[HoldView]:
    rows = session.execute(statement).all()
    ids = [row.id for row in rows]
    postings, captures = _postings(session, book, ids), _captures(session, book, ids)
    return [_view(book, row, postings.get(row.id, []), captures.get(row.id, []), now) for row in rows]


def _postings(session: Session, book: Book, ids: Collection[UUID]) -> dict[UUID, list[Any]]:
    same_account = and_(
        Account.ledger_id == HOLD_POSTING.c.ledger_id, Account.id == HOLD_POSTING.c.account_id
    )
    same_asset = and_(Asset.ledger_id == HOLD_POSTING.c.ledger_id, Asset.code == HOLD_POSTING.c.asset)
    statement = (
        select(HOLD_POSTING, Account.path, Asset.scale)
        .join(Account, same_account)
        .join(Asset, same_asset)
        .where(HOLD_POSTING.c.ledger_id == book.id, HOLD_POSTING.c.hold_id.in_(ids))
        .order_by(HOLD_POSTING.c.hold_id, HOLD_POSTING.c.position)
    )
    found: dict[UUID, list[Any]] = {}
    for row in session.execute(statement).all():
        found.setdefault(row.hold_id, []).append(row)
    return found


def _captures(session: Session, book: Book, ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
    statement = (
        select(HoldCapture.hold_id, HoldCapture.txn_id)
        .where(HoldCapture.ledger_id == book.id, HoldCapture.hold_id.in_(ids))
        .order_by(HoldCapture.hold_id, HoldCapture.number)
    )
    found: dict[UUID, list[UUID]] = {}
    for hold_id, txn_id in session.execute(statement).all():
        found.setdefault(hold_id, []).append(txn_id)
    return found


def _view(book: Book, row: Any, postings: Sequence[Any], captures: Sequence[UUID], now: datetime) -> HoldView:
    expired = is_expired(row.status, row.expires_at, now)
    return HoldView(
        id=row.id,
        ledger=book.name,
        kind="hold",
        description=row.description,
        reference=row.reference,
        effective_at=row.effective_at,
        recorded_at=row.recorded_at,
        actor=row.actor,
        metadata=row.metadata,
        reverses=None,
        reversed_by=None,
        postings=[_held(each, each.amount) for each in postings],
        status="expired" if expired else row.status,
        expires_at=row.expires_at,
        remaining=[_held(each, each.remaining) for each in postings if each.remaining and not expired],
        captures=captures,
    )


def _held(posting: Any, amount: int) -> HeldView:
    return HeldView(posting.path, posting.asset, format_amount(amount, posting.scale))
