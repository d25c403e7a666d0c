"""An expired hold is over at once, for whoever reads and for whoever writes, though no job marked it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

import pytest
from sqlalchemy import select

from myapp.db import SessionFactory, unit_of_work
from myapp.ledger import batches, posting
from myapp.ledger.batches import Item, Posted
from myapp.ledger.drafts import PostingDraft, TransactionDraft
from myapp.ledger.errors import HoldExpired, InsufficientFunds, InvalidRequest, LimitExceeded
from myapp.ledger.holds import expiry
from myapp.ledger.holds.expiry import SWEPT_MAX
from myapp.ledger.holds.tables import Hold
from myapp.ledger.posting import Key
from myapp.ledger.tables import Balance
from tests.ledger.books import LEDGER, change, make_ledger, now, open_account, postings, transfer
from tests.ledger.holding import (
    MINUTE,
    Standing,
    assert_holds_add_up,
    capture,
    fund,
    place,
    show,
    standing,
    void,
)

FREE = Standing("100.00", "100.00", "0.00", "0.00")


@pytest.fixture(autouse=True)
def holds_add_up(factory: SessionFactory) -> Iterator[None]:
    yield
    assert_holds_add_up(factory)


def post_at(factory: SessionFactory, draft: TransactionDraft, at: datetime, key: Key | None = None) -> None:
    with unit_of_work(factory) as session:
        assert posting.post(session, LEDGER, draft, now=at, actor="test", key=key) is not None


def stored(factory: SessionFactory, hold_id: UUID) -> str:
    with unit_of_work(factory) as session:
        return session.scalars(select(Hold.status).where(Hold.id == hold_id)).one()


def pending_in_all(factory: SessionFactory) -> int:
    with unit_of_work(factory) as session:
        return sum(session.scalars(select(Balance.pending_credits)).all())


def test_a_hold_is_over_the_moment_it_expires(factory: SessionFactory) -> None:
    fund(factory)
    end = now() + MINUTE
    hold = place(factory, "30", expires_at=end)
    before, then = end - MINUTE / 60, end
    assert (show(factory, hold.id, at=before).status, standing(factory, at=before).available) == (
        "open",
        "70.00",
    )
    after = show(factory, hold.id, at=then)
    assert (after.status, after.remaining, after.expires_at) == ("expired", [], end)
    assert standing(factory, at=then) == FREE
    # Reading has changed nothing.
    assert stored(factory, hold.id) == "open"
    assert pending_in_all(factory) == 3000


def many_new_accounts(count: int) -> TransactionDraft:
    """Draft what nothing refuses, on so many accounts."""
    each = [PostingDraft(f"expenses:e{number}", "USD", "1") for number in range(count)]
    return TransactionDraft((*each, PostingDraft("equity:opening", "USD", f"-{count}")))


def test_what_expired_holds_keep_refuses_no_item_of_a_batch(
    factory: SessionFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    fund(factory, "10")
    end = now() + MINUTE
    # More holds than are given back at once, and more balances than are helped at once.
    monkeypatch.setattr(expiry, "GIVEN_BACK_MAX", 2)
    for _ in range(5):
        place(factory, "2", expires_at=end)
    spent = transfer("assets:cash", "expenses:rent", "9")
    drafts = [many_new_accounts(1_001), spent, transfer("assets:cash", "expenses:rent", "2")]
    with unit_of_work(factory) as session:
        results = batches.post_each(session, LEDGER, [Item(each) for each in drafts], now=end, actor="test")
    assert [isinstance(each, Posted) for each in results] == [True, True, False]
    refused = results[2]
    assert isinstance(refused, InsufficientFunds)
    assert refused.members["available"] == "1.00"
    assert standing(factory, at=end).available == "1.00"


def test_an_expired_hold_is_neither_captured_nor_voided(factory: SessionFactory) -> None:
    fund(factory)
    hold = place(factory, "30", expires_at=now() + MINUTE)
    for at in (hold.expires_at, now() + 2 * MINUTE):
        with pytest.raises(HoldExpired):
            capture(factory, hold.id, at=at)
        with pytest.raises(HoldExpired):
            void(factory, hold.id, at=at)
    # Nor after it was swept.
    place(factory, "1", at=now() + 2 * MINUTE)
    assert stored(factory, hold.id) == "expired"
    with pytest.raises(HoldExpired):
        capture(factory, hold.id)


def test_a_hold_that_would_be_over_at_once_is_refused(factory: SessionFactory) -> None:
    fund(factory)
    at = now()
    for moment in (at, at - MINUTE):
        with pytest.raises(InvalidRequest) as refused:
            place(factory, at=at, expires_at=moment)
        assert refused.value.pointer == "/expires_at"


@pytest.mark.parametrize("key", [None, Key("once", "fingerprint")])
def test_a_post_takes_what_an_expired_hold_kept_from_it(factory: SessionFactory, key: Key | None) -> None:
    fund(factory)
    hold = place(factory, "30", expires_at=now() + MINUTE)
    # The other account is first in order, and written already when this one refuses.
    draft = transfer("assets:cash", "assets:aaa", "100")
    with pytest.raises(InsufficientFunds):
        post_at(factory, draft, now(), key)
    post_at(factory, draft, now() + 2 * MINUTE, key)
    assert stored(factory, hold.id) == "expired"
    assert standing(factory) == Standing("0.00", "0.00", "0.00", "0.00")
    assert standing(factory, "assets:aaa") == FREE
    with unit_of_work(factory) as session:
        assert [each.version for each in postings(session)["assets:aaa", "USD"]] == [1]


def test_what_is_refused_nevertheless_tells_what_is_available_without_expired_holds(
    factory: SessionFactory,
) -> None:
    fund(factory)
    place(factory, "30", expires_at=now() + MINUTE)
    place(factory, "20")
    with pytest.raises(InsufficientFunds) as refused:
        post_at(factory, transfer("assets:cash", "assets:aaa", "80.01"), now() + 2 * MINUTE)
    assert refused.value.members["available"] == "80.00"
    # Refused is refused: nothing was given back for good.
    assert pending_in_all(factory) == 5000


def test_a_hold_takes_what_an_expired_hold_kept_from_it(factory: SessionFactory) -> None:
    fund(factory)
    first = place(factory, "70", expires_at=now() + MINUTE)
    second = place(factory, "100", target="assets:aaa", at=now() + 2 * MINUTE)
    assert stored(factory, first.id) == "expired"
    assert standing(factory) == Standing("100.00", "0.00", "0.00", "100.00")
    capture(factory, second.id)


def test_room_below_a_maximum_comes_back_too(factory: SessionFactory) -> None:
    fund(factory, "100", max="150")
    place(factory, "50", "income:work", "assets:cash", expires_at=now() + MINUTE)
    with pytest.raises(LimitExceeded):
        post_at(factory, transfer("income:work", "assets:cash", "0.01"), now())
    post_at(factory, transfer("income:work", "assets:cash", "50"), now() + 2 * MINUTE)


def test_a_hold_expires_on_a_frozen_account_too(factory: SessionFactory) -> None:
    fund(factory)
    place(factory, "30", target="assets:frozen", expires_at=now() + MINUTE)
    change(factory, "assets:frozen", status="frozen")
    post_at(factory, transfer("assets:cash", "expenses:food", "100"), now() + 2 * MINUTE)
    assert standing(factory, "assets:frozen").pending_debits == "0.00"


def test_what_was_captured_before_the_end_stays(factory: SessionFactory) -> None:
    fund(factory)
    hold = place(factory, "30", expires_at=now() + MINUTE)
    made = capture(factory, hold.id, transfer("assets:cash", "expenses:food", "10"), final=False)
    at = now() + 2 * MINUTE
    after = show(factory, hold.id, at=at)
    assert (after.status, after.remaining, after.captures) == ("expired", [], [made.id])
    assert standing(factory, at=at) == Standing("90.00", "90.00", "0.00", "0.00")


@pytest.mark.parametrize("step", ["place", "capture", "void"])
def test_expired_holds_are_swept_in_passing_so_many_at_a_time(factory: SessionFactory, step: str) -> None:
    make_ledger(factory)
    open_account(factory, "assets:cash")
    end = now() + MINUTE
    for number in range(SWEPT_MAX + 3):
        place(factory, "0.01", target=f"expenses:{number % 7}", expires_at=end)
    kept = place(factory, "0.01", target="expenses:kept")
    steps = {
        "place": lambda: place(factory, "0.01", at=end),
        "capture": lambda: capture(factory, kept.id, at=end),
    }
    steps["void"] = lambda: void(factory, kept.id, at=end)
    steps[step]()
    with unit_of_work(factory) as session:
        marked = session.scalars(select(Hold).where(Hold.status == "expired")).all()
    assert len(marked) == SWEPT_MAX
    assert_holds_add_up(factory)
    place(factory, "0.01", at=end)
    left = {"place": 3, "capture": 1, "void": 1}
    assert pending_in_all(factory) == left[step]


def test_a_write_finds_more_expired_holds_than_are_given_back_at_once(
    factory: SessionFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    fund(factory)
    for _ in range(5):
        place(factory, "20", expires_at=now() + MINUTE)
    monkeypatch.setattr("myapp.ledger.holds.expiry.GIVEN_BACK_MAX", 2)
    post_at(factory, transfer("assets:cash", "assets:aaa", "100"), now() + 2 * MINUTE)
    assert pending_in_all(factory) == 0
    with unit_of_work(factory) as session:
        assert [each.version for each in postings(session)["assets:aaa", "USD"]] == [1]
