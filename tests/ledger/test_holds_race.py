"""Holds under many hands: what is held is taken once, nothing is held twice, and nobody waits for ever."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from myapp.db import SessionFactory, unit_of_work
from myapp.ledger import posting
from myapp.ledger.books import open_book
from myapp.ledger.drafts import CaptureDraft, TransactionDraft
from myapp.ledger.errors import CaptureExceedsHold, HoldNotOpen, InsufficientFunds, LedgerError
from myapp.ledger.holds import capturing, ending, placing
from myapp.ledger.holds.tables import Hold
from tests.ledger.books import LEDGER, now, transfer
from tests.ledger.holding import (
    MINUTE,
    assert_holds_add_up,
    capture,
    fund,
    place,
    show,
    standing,
    void,
)
from tests.ledger.threads import at_once, wait_until_someone_waits

THREADS = 8


@pytest.fixture(autouse=True)
def holds_add_up(factory: SessionFactory) -> Iterator[None]:
    yield
    assert_holds_add_up(factory)


def outcome(work: Callable[[], object]) -> str:
    try:
        work()
    except LedgerError as refused:
        return refused.code
    return "done"


def test_a_hold_captured_by_eight_at_once_is_captured_once(factory: SessionFactory) -> None:
    fund(factory)
    hold = place(factory, "30")
    told = at_once(THREADS, lambda _: outcome(lambda: capture(factory, hold.id)))
    assert Counter(told) == {"done": 1, HoldNotOpen.code: THREADS - 1}
    assert standing(factory).balance == "70.00"
    assert len(show(factory, hold.id).captures) == 1


def test_parts_captured_at_once_stop_exactly_at_what_is_held(factory: SessionFactory) -> None:
    fund(factory)
    hold = place(factory, "30")
    part = transfer("assets:cash", "expenses:food", "8")
    told = Counter(at_once(THREADS, lambda _: outcome(lambda: capture(factory, hold.id, part, final=False))))
    assert told == {"done": 3, CaptureExceedsHold.code: THREADS - 3}
    assert (standing(factory).balance, standing(factory).available) == ("76.00", "70.00")


def test_of_a_capture_and_a_void_at_once_one_happens(factory: SessionFactory) -> None:
    fund(factory)
    for _ in range(5):
        hold = place(factory, "1")
        steps = (capture, void)
        told = at_once(
            2, lambda number, hold=hold, steps=steps: outcome(lambda: steps[number](factory, hold.id))
        )
        assert sorted(told) == ["done", HoldNotOpen.code]
        assert show(factory, hold.id).status == ("captured" if told[0] == "done" else "voided")


def test_holds_that_race_stop_exactly_at_the_limit(factory: SessionFactory) -> None:
    fund(factory, "1.00")
    told = Counter(
        each
        for several in at_once(THREADS, lambda _: [outcome(lambda: place(factory, "0.07")) for _ in range(3)])
        for each in several
    )
    assert told == {"done": 14, InsufficientFunds.code: 3 * THREADS - 14}
    assert standing(factory).available == "0.02"


def rent_paid_late(factory: SessionFactory, end: datetime) -> tuple[list[str], threading.Thread]:
    """Return a thread that spends everything at a time when holds have ended, and what it is told."""
    told: list[str] = []

    def late() -> None:
        with unit_of_work(factory) as session:
            draft = transfer("assets:cash", "expenses:rent", "100")
            posting.post(session, LEDGER, draft, now=end, actor="late")

    return told, threading.Thread(target=lambda: told.append(outcome(late)))


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
def test_who_waits_for_what_another_gave_back_and_took_does_not_take_it_too(factory: SessionFactory) -> None:
    fund(factory, "100")
    end = now() + MINUTE
    place(factory, "100", expires_at=end)
    told, thread = rent_paid_late(factory, end)
    with unit_of_work(factory) as session:
        draft = transfer("assets:cash", "expenses:food", "100")
        placing.place(session, LEDGER, draft, now=end, actor="first")
        thread.start()
        wait_until_someone_waits(session.connection())
    thread.join()
    assert told == [InsufficientFunds.code]
    assert standing(factory).available == "0.00"


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
def test_who_meets_an_expired_hold_that_is_being_captured_waits_for_it(factory: SessionFactory) -> None:
    # Were the hold locked before its balances, the writer would have these and be sent away again and again,
    # while one capture after the other had begun in time.
    fund(factory, "100")
    end = now() + MINUTE
    hold = place(factory, "100", expires_at=end)
    told, thread = rent_paid_late(factory, end)
    with unit_of_work(factory) as session:
        ending.take_open(session, open_book(session, LEDGER), hold.id, now=now())
        thread.start()
        wait_until_someone_waits(session.connection())
    thread.join()
    assert told == ["done"]


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
def test_a_sweep_waits_for_nobody(factory: SessionFactory) -> None:
    fund(factory)
    end = now() + MINUTE
    busy = place(factory, "1", "assets:cash", "assets:busy", expires_at=end)
    free = place(factory, "1", "assets:x", "assets:free", expires_at=end)
    with unit_of_work(factory) as session:
        posting.post(session, LEDGER, transfer("assets:busy", "assets:y", "1"), now=end, actor="busy")
        # Were it to wait for the other's balance, this would time out.
        place(factory, "1", "assets:z", "assets:zz", at=end)
    statuses = stored(factory)
    assert (statuses[busy.id], statuses[free.id]) == ("open", "expired")


def stored(factory: SessionFactory) -> dict[UUID, str]:
    with unit_of_work(factory) as session:
        return {hold.id: hold.status for hold in session.scalars(select(Hold)).all()}


ACCOUNTS = ("assets:cash", "assets:a", "assets:b", "assets:c")
STEPS = 12


def test_all_steps_at_once_lose_nothing_and_pass_no_limit(factory: SessionFactory) -> None:
    fund(factory, "3.00")

    def work(seed: int) -> None:
        random_ = random.Random(seed)
        mine: list[UUID] = []
        for _ in range(STEPS):
            at = now()
            source, target = random_.sample(ACCOUNTS, 2)
            draft = transfer(source, target, f"0.{random_.randint(10, 99)}")
            kind = random_.choice(["place", "expiring", "capture", "void", "post"])
            step = _step(kind, draft, mine, random_, at)
            try:
                made = unit_of_work(factory).run(step)
            except LedgerError:
                continue
            if isinstance(made, UUID):
                mine.append(made)

    at_once(THREADS, work)

    late = now() + MINUTE
    assert not standing(factory, at=late).available.startswith("-")


def _step(
    kind: str, draft: TransactionDraft, mine: list[UUID], random_: random.Random, at: datetime
) -> Callable[[Session], object]:
    end = at + MINUTE / 6000
    if kind in ("capture", "void") and mine:
        hold_id = random_.choice(mine)
        if kind == "void":
            return lambda session: ending.void(session, open_book(session, LEDGER), hold_id, now=at)
        return lambda session: capturing.capture(session, LEDGER, hold_id, CaptureDraft(), now=at, actor="t")
    if kind == "post":
        return lambda session: posting.post(session, LEDGER, draft, now=at, actor="t")
    expires_at = end if kind == "expiring" else None
    return lambda session: placing.place(session, LEDGER, draft, now=at, actor="t", expires_at=expires_at).id
