"""The steps of tests of holds, and what must be true of the books after each of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from myapp.db import SessionFactory, unit_of_work
from myapp.ledger import accounts
from myapp.ledger.books import open_book
from myapp.ledger.drafts import CaptureDraft, TransactionDraft
from myapp.ledger.holds import capturing, checks, ending, placing, reading
from myapp.ledger.holds.views import HeldView, HoldView
from myapp.ledger.tables import Ledger
from myapp.ledger.views import TransactionView
from tests.ledger.books import LEDGER, assert_unbroken, make_ledger, now, open_account, post, transfer

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Standing:
    """What an account shows of its USD."""

    balance: str
    available: str
    pending_debits: str
    pending_credits: str


def fund(factory: SessionFactory, amount: str = "100", **limits: str) -> None:
    """Make a ledger where `assets:cash` has so much, within limits of `min` 0 when none are said."""
    make_ledger(factory)
    open_account(factory, "assets:cash", limits={"USD": limits or {"min": "0"}})
    post(factory, transfer("equity:opening", "assets:cash", amount))


def place(
    factory: SessionFactory,
    amount: str = "30",
    source: str = "assets:cash",
    target: str = "expenses:food",
    *,
    at: datetime | None = None,
    expires_at: datetime | None = None,
    ledger: str = LEDGER,
    **more: Any,
) -> HoldView:
    return place_draft(
        factory, transfer(source, target, amount, **more), at=at, expires_at=expires_at, ledger=ledger
    )


def place_draft(
    factory: SessionFactory,
    draft: TransactionDraft,
    *,
    at: datetime | None = None,
    expires_at: datetime | None = None,
    ledger: str = LEDGER,
) -> HoldView:
    with unit_of_work(factory) as session:
        return placing.place(session, ledger, draft, now=at or now(), actor="test", expires_at=expires_at)


def capture(
    factory: SessionFactory,
    hold_id: UUID,
    draft: TransactionDraft | None = None,
    *,
    final: bool = True,
    at: datetime | None = None,
    effective_at: datetime | None = None,
    ledger: str = LEDGER,
) -> TransactionView:
    asked = CaptureDraft(None if draft is None else draft.postings, final, effective_at)
    with unit_of_work(factory) as session:
        return capturing.capture(session, ledger, hold_id, asked, now=at or now(), actor="test")


def void(
    factory: SessionFactory, hold_id: UUID, *, at: datetime | None = None, ledger: str = LEDGER
) -> HoldView:
    with unit_of_work(factory) as session:
        return ending.void(session, open_book(session, ledger), hold_id, now=at or now())


def show(factory: SessionFactory, hold_id: UUID, *, at: datetime | None = None) -> HoldView:
    with unit_of_work(factory) as session:
        return reading.find(session, open_book(session, LEDGER), hold_id, now=at or now())


def standing(factory: SessionFactory, path: str = "assets:cash", *, at: datetime | None = None) -> Standing:
    with unit_of_work(factory) as session:
        view = accounts.find(session, LEDGER, path, now=at or now())
    shown = (view.balances or {})["USD"]
    return Standing(shown.normal_balance, shown.available, shown.pending_debits, shown.pending_credits)


def remaining(hold: HoldView) -> list[tuple[str, str]]:
    return [(each.account, each.amount) for each in hold.remaining]


def amounts(views: list[HeldView]) -> list[str]:
    return [each.amount for each in views]


def assert_holds_add_up(factory: SessionFactory, name: str | None = None) -> None:
    """In the ledger, or in all, the pending totals are what holds hold, and the journal is unbroken."""
    with unit_of_work(factory) as session:
        ledgers = select(Ledger) if name is None else select(Ledger).where(Ledger.name == name)
        for ledger in session.scalars(ledgers).all():
            assert session.execute(checks.wrong_pending(ledger.id)).all() == []
            assert session.execute(checks.wrong_holds(ledger.id)).all() == []
            assert_unbroken(session, ledger.name)
