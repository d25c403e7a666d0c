"""A balance that would leave 64 bits is refused on both databases, and nothing of it is kept.

What open holds hold counts as if it were captured.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from myapp.db import SessionFactory, unit_of_work
from myapp.ledger import batches, posting
from myapp.ledger.drafts import ReversalDraft, TransactionDraft
from myapp.ledger.errors import AmountOutOfRange
from myapp.ledger.holds.tables import Hold
from myapp.ledger.money import MINOR_MAX
from myapp.ledger.reversals import reverse
from myapp.ledger.tables import Account, Balance, BalanceDay, BalanceMonth, Posting, Transaction
from tests.ledger.books import balance_rows, make_ledger, now, post, transfer
from tests.ledger.holding import MINUTE, assert_holds_add_up, capture, place, void

MOST = str(MINOR_MAX)


def counts(factory: SessionFactory) -> list[int]:
    with unit_of_work(factory) as session:
        tables = (Account, Balance, Transaction, Posting, BalanceDay, BalanceMonth, Hold)
        return [session.scalars(select(func.count()).select_from(table)).one() for table in tables]


def test_the_largest_amount_is_kept_exactly(factory: SessionFactory) -> None:
    make_ledger(factory, JPY=0)
    post(factory, transfer("assets:a", "assets:b", MOST, "JPY"))
    with unit_of_work(factory) as session:
        rows = balance_rows(session)
    assert (rows["assets:a", "JPY"]["credits"], rows["assets:b", "JPY"]["debits"]) == (MINOR_MAX, MINOR_MAX)


@pytest.mark.parametrize(
    "draft",
    [
        transfer("assets:a", "assets:c", "1", "JPY"),
        transfer("assets:d", "assets:b", "1", "JPY"),
        # The balance would come back to zero; its total of debits or credits would not.
        transfer("assets:a", "assets:a", "1", "JPY"),
    ],
)
def test_a_total_beyond_64_bits_is_refused_and_leaves_nothing(
    factory: SessionFactory, draft: TransactionDraft
) -> None:
    make_ledger(factory, JPY=0)
    post(factory, transfer("assets:a", "assets:b", MOST, "JPY"))
    before = counts(factory)
    with pytest.raises(AmountOutOfRange):
        post(factory, draft)
    assert counts(factory) == before


def test_a_refused_first_posting_opens_no_account(factory: SessionFactory) -> None:
    make_ledger(factory, JPY=0)
    before = counts(factory)
    legs = (
        transfer("assets:a", "assets:b", MOST, "JPY").postings
        + transfer("assets:a", "assets:b", "1", "JPY").postings
    )
    with pytest.raises(AmountOutOfRange):
        post(factory, TransactionDraft(legs))
    assert counts(factory) == before


def test_the_largest_amount_may_come_back(factory: SessionFactory) -> None:
    make_ledger(factory, JPY=0)
    post(factory, transfer("assets:a", "assets:b", MOST, "JPY"))
    post(factory, transfer("assets:b", "assets:a", MOST, "JPY"))
    with unit_of_work(factory) as session:
        rows = balance_rows(session)
    assert {row["debits"] - row["credits"] for row in rows.values()} == {0}


def churn(factory: SessionFactory, amount: int) -> None:
    """Move an amount from a to b and back, so that both have totals and no balance."""
    for legs in (("assets:a", "assets:b"), ("assets:b", "assets:a")):
        post(factory, transfer(*legs, str(amount), "JPY"))


def hold(factory: SessionFactory, amount: int, *paths: str, **more: Any) -> UUID:
    return place(factory, str(amount), *(paths or ("assets:a", "assets:b")), asset="JPY", **more).id


def test_a_hold_that_no_capture_has_room_for_is_refused(factory: SessionFactory) -> None:
    make_ledger(factory, JPY=0)
    churn(factory, MINOR_MAX - 5)
    before = counts(factory)
    for paths in (("assets:a", "assets:b"), ("assets:a", "assets:c"), ("assets:c", "assets:b")):
        with pytest.raises(AmountOutOfRange):
            hold(factory, 6, *paths)
    assert counts(factory) == before
    capture(factory, hold(factory, 5))
    assert_holds_add_up(factory)


def test_nothing_takes_the_room_of_an_open_hold(factory: SessionFactory) -> None:
    make_ledger(factory, JPY=0)
    churn(factory, MINOR_MAX - 5)
    held = hold(factory, 4)
    for paths in (("assets:a", "assets:c"), ("assets:c", "assets:b"), ("assets:a", "assets:a")):
        with pytest.raises(AmountOutOfRange):
            post(factory, transfer(*paths, "2", "JPY"))
    with pytest.raises(AmountOutOfRange):
        hold(factory, 2)
    # The sides on which nothing is held have their own room.
    post(factory, transfer("assets:b", "assets:a", "5", "JPY"))
    part = transfer("assets:a", "assets:b", "3", "JPY")
    capture(factory, held, part, final=False)
    with pytest.raises(AmountOutOfRange):
        post(factory, transfer("assets:a", "assets:b", "2", "JPY"))
    capture(factory, held)
    post(factory, transfer("assets:a", "assets:b", "1", "JPY"))
    assert_holds_add_up(factory)


def test_a_batch_takes_no_room_of_an_open_hold(factory: SessionFactory) -> None:
    make_ledger(factory, JPY=0)
    churn(factory, MINOR_MAX - 5)
    held = hold(factory, 3)
    drafts = [transfer("assets:a", "assets:b", amount, "JPY") for amount in ("1", "2", "1", "1")]
    items = [batches.Item(draft) for draft in drafts]
    with unit_of_work(factory) as session:
        results = batches.post_each(session, "books", items, now=now(), actor="test")
    codes = [getattr(each, "code", "posted") for each in results]
    assert codes == ["posted", "amount_out_of_range", "posted", "amount_out_of_range"]
    with pytest.raises(AmountOutOfRange) as refused, unit_of_work(factory) as session:
        batches.post_all(session, "books", items, now=now(), actor="test")
    assert refused.value.members["index"] == 0
    capture(factory, held)


@pytest.mark.parametrize("paths", [("assets:a", "assets:b"), ("assets:a", "assets:a")])
def test_a_voided_or_an_expired_hold_gives_its_room_back(
    factory: SessionFactory, paths: tuple[str, str]
) -> None:
    make_ledger(factory, JPY=0)
    churn(factory, MINOR_MAX - 5)
    start = now()
    void(factory, hold(factory, 5))
    hold(factory, 5, at=start, expires_at=start + MINUTE)
    later = start + 2 * MINUTE
    hold(factory, 4, at=later, expires_at=later + MINUTE)
    with unit_of_work(factory) as session:
        draft = transfer(*paths, "5", "JPY")
        posting.post(session, "books", draft, now=later + 2 * MINUTE, actor="test")
    assert_holds_add_up(factory)


def test_a_reversal_takes_no_room_of_an_open_hold(factory: SessionFactory) -> None:
    make_ledger(factory, JPY=0)
    original = post(factory, transfer("assets:b", "assets:a", "2", "JPY"))
    assert original is not None
    held = hold(factory, MINOR_MAX - 1)
    with pytest.raises(AmountOutOfRange), unit_of_work(factory) as session:
        reverse(session, "books", original.id, ReversalDraft(), now=now(), actor="test")
    capture(factory, held)
