"""Holds set amounts aside within the limits; captures take them, and whatever ends a hold frees the rest."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest

from myapp.db import SessionFactory, unit_of_work
from myapp.ledger.drafts import PostingDraft, TransactionDraft
from myapp.ledger.errors import (
    AccountClosed,
    AccountFrozen,
    AmountOutOfRange,
    CaptureExceedsHold,
    HoldNotFound,
    HoldNotOpen,
    InsufficientFunds,
    LedgerError,
    LimitExceeded,
    ReferenceExists,
    Unbalanced,
    UnknownAccount,
)
from myapp.ledger.money import MINOR_MAX
from tests.ledger.books import balance_rows, change, make_ledger, now, open_account, post, transfer
from tests.ledger.holding import (
    Standing,
    assert_holds_add_up,
    capture,
    fund,
    place,
    place_draft,
    remaining,
    show,
    standing,
    void,
)


@pytest.fixture(autouse=True)
def holds_add_up(factory: SessionFactory) -> Iterator[None]:
    yield
    assert_holds_add_up(factory)


def facts(refused: pytest.ExceptionInfo[LedgerError]) -> list[object]:
    names = ("account", "asset", "limit", "available", "requested")
    return [refused.value.members[name] for name in names]


# Placing


def test_a_hold_takes_from_what_is_available_and_not_from_the_balance(factory: SessionFactory) -> None:
    fund(factory)
    hold = place(factory, "30", reference="h-1", description="Room", metadata={"a": "b"})
    assert standing(factory) == Standing("100.00", "70.00", "0.00", "30.00")
    assert standing(factory, "expenses:food") == Standing("0.00", "0.00", "30.00", "0.00")
    assert (hold.kind, hold.status, hold.reference, hold.captures) == ("hold", "open", "h-1", [])
    assert (hold.description, hold.metadata, hold.actor) == ("Room", {"a": "b"}, "test")
    assert remaining(hold) == [("expenses:food", "30.00"), ("assets:cash", "-30.00")]
    assert hold.postings == hold.remaining
    assert show(factory, hold.id) == hold
    with unit_of_work(factory) as session:
        assert balance_rows(session)["assets:cash", "USD"]["version"] == 1


def test_a_hold_of_more_than_is_available_is_refused_exactly(factory: SessionFactory) -> None:
    fund(factory)
    place(factory, "70")
    with pytest.raises(InsufficientFunds) as refused:
        place(factory, "30.01")
    assert facts(refused) == ["assets:cash", "USD", "0.00", "30.00", "30.01"]
    place(factory, "30")


def test_a_hold_that_would_bring_in_too_much_is_refused_exactly(factory: SessionFactory) -> None:
    fund(factory, "100", max="150")
    place(factory, "40", "income:work", "assets:cash")
    with pytest.raises(LimitExceeded) as refused:
        place(factory, "10.01", "income:work", "assets:cash")
    assert facts(refused) == ["assets:cash", "USD", "150.00", "100.00", "10.01"]
    with pytest.raises(LimitExceeded):
        post(factory, transfer("income:work", "assets:cash", "10.01"))
    place(factory, "10", "income:work", "assets:cash")


def test_a_credit_account_is_bounded_on_its_own_side(factory: SessionFactory) -> None:
    make_ledger(factory)
    open_account(factory, "liabilities:wallet", limits={"USD": {"min": "0", "max": "50"}})
    post(factory, transfer("liabilities:wallet", "assets:bank", "40"))
    place(factory, "30", "assets:bank", "liabilities:wallet")
    assert standing(factory, "liabilities:wallet") == Standing("40.00", "10.00", "30.00", "0.00")
    with pytest.raises(InsufficientFunds):
        place(factory, "10.01", "assets:bank", "liabilities:wallet")
    with pytest.raises(LimitExceeded):
        place(factory, "10.01", "liabilities:wallet", "assets:bank")


def test_what_a_hold_moves_both_ways_is_not_netted(factory: SessionFactory) -> None:
    # A capture of a part may take one side alone.
    fund(factory, "10")
    there, back = transfer("assets:cash", "assets:a", "11"), transfer("assets:b", "assets:cash", "11")
    with pytest.raises(InsufficientFunds):
        place_draft(factory, TransactionDraft(there.postings + back.postings))


def test_what_is_held_cannot_be_posted_elsewhere(factory: SessionFactory) -> None:
    fund(factory)
    place(factory, "30")
    with pytest.raises(InsufficientFunds) as refused:
        post(factory, transfer("assets:cash", "expenses:rent", "70.01"))
    assert facts(refused) == ["assets:cash", "USD", "0.00", "70.00", "70.01"]
    post(factory, transfer("assets:cash", "expenses:rent", "70"))


def test_a_hold_opens_accounts_as_a_post_does(factory: SessionFactory) -> None:
    make_ledger(factory)
    place(factory, "1", "assets:new", "expenses:new")
    assert standing(factory, "assets:new") == Standing("0.00", "-1.00", "0.00", "1.00")
    with pytest.raises(UnknownAccount):
        place(factory, "1", "nowhere", "expenses:new")


def test_a_reference_is_unique_among_holds_alone(factory: SessionFactory) -> None:
    fund(factory)
    post(factory, transfer("assets:cash", "expenses:food", "1", reference="once"))
    place(factory, reference="once")
    before = standing(factory)
    with pytest.raises(ReferenceExists) as refused:
        place(factory, reference="once")
    assert refused.value.pointer == "/reference"
    assert standing(factory) == before


def test_an_unbalanced_hold_is_refused(factory: SessionFactory) -> None:
    make_ledger(factory)
    legs = (PostingDraft("assets:a", "USD", "1"), PostingDraft("assets:b", "USD", "-2"))
    with pytest.raises(Unbalanced):
        place_draft(factory, TransactionDraft(legs))


def test_pending_totals_beyond_64_bits_are_refused(factory: SessionFactory) -> None:
    make_ledger(factory, JPY=0)
    place(factory, str(MINOR_MAX), asset="JPY")
    with pytest.raises(AmountOutOfRange):
        place(factory, "1", asset="JPY")
    legs = transfer("assets:a", "assets:b", str(MINOR_MAX), "JPY").postings
    with pytest.raises(AmountOutOfRange):
        place_draft(factory, TransactionDraft(legs + transfer("assets:a", "assets:b", "1", "JPY").postings))


# Capturing


def test_a_capture_turns_what_is_held_into_a_transaction(factory: SessionFactory) -> None:
    fund(factory)
    hold = place(factory, "30", description="Room", metadata={"a": "b"}, reference="h-1")
    made = capture(factory, hold.id)
    assert (made.kind, made.description, made.metadata, made.reference) == (
        "transaction",
        "Room",
        {"a": "b"},
        None,
    )
    assert [(each.account, each.amount, each.balance, each.version) for each in made.postings] == [
        ("expenses:food", "30.00", "30.00", 1),
        ("assets:cash", "-30.00", "70.00", 2),
    ]
    after = show(factory, hold.id)
    assert (after.status, after.remaining, after.captures) == ("captured", [], [made.id])
    assert after.postings == hold.postings
    assert standing(factory) == Standing("70.00", "70.00", "0.00", "0.00")


def test_a_capture_is_effective_now_unless_it_says_otherwise(factory: SessionFactory) -> None:
    fund(factory)
    moment = now() - timedelta(days=400)
    first, second = place(factory, "1", effective_at=moment), place(factory, "1")
    at = now()
    assert capture(factory, first.id, at=at).effective_at == at
    assert capture(factory, second.id, effective_at=moment).effective_at == moment


def test_a_partial_capture_lets_go_of_the_rest(factory: SessionFactory) -> None:
    fund(factory)
    hold = place(factory, "30")
    made = capture(factory, hold.id, transfer("assets:cash", "expenses:food", "10"))
    after = show(factory, hold.id)
    assert (after.status, after.remaining, after.captures) == ("captured", [], [made.id])
    assert standing(factory) == Standing("90.00", "90.00", "0.00", "0.00")


def test_captures_that_are_not_final_go_down_to_nothing(factory: SessionFactory) -> None:
    fund(factory)
    hold = place(factory, "30")
    part = transfer("assets:cash", "expenses:food", "10")
    made = [capture(factory, hold.id, part, final=False)]
    after = show(factory, hold.id)
    assert (after.status, remaining(after)) == (
        "open",
        [("expenses:food", "20.00"), ("assets:cash", "-20.00")],
    )
    assert standing(factory) == Standing("90.00", "70.00", "0.00", "20.00")
    made += [capture(factory, hold.id, part, final=False) for _ in range(2)]
    after = show(factory, hold.id)
    assert (after.status, after.remaining) == ("captured", [])
    assert after.captures == [each.id for each in made]
    with pytest.raises(HoldNotOpen):
        capture(factory, hold.id, part)


def test_what_a_partial_capture_left_is_captured_whole(factory: SessionFactory) -> None:
    fund(factory)
    hold = place(factory, "30")
    capture(factory, hold.id, transfer("assets:cash", "expenses:food", "12.34"), final=False)
    made = capture(factory, hold.id)
    assert [each.amount for each in made.postings] == ["17.66", "-17.66"]
    assert standing(factory) == Standing("70.00", "70.00", "0.00", "0.00")


def test_a_capture_of_all_is_final_whatever_it_says(factory: SessionFactory) -> None:
    fund(factory)
    hold = place(factory)
    capture(factory, hold.id, final=False)
    assert show(factory, hold.id).status == "captured"


@pytest.mark.parametrize(
    "draft",
    [
        transfer("assets:cash", "expenses:food", "30.01"),
        transfer("assets:cash", "expenses:rent", "1"),
        transfer("expenses:food", "assets:cash", "1"),
        TransactionDraft(transfer("assets:cash", "expenses:food", "15.01").postings * 2),
    ],
    ids=["more", "elsewhere", "the other way", "more in two"],
)
def test_more_than_is_held_is_not_captured(factory: SessionFactory, draft: TransactionDraft) -> None:
    fund(factory)
    hold = place(factory, "30")
    with pytest.raises(CaptureExceedsHold) as refused:
        capture(factory, hold.id, draft)
    assert str(refused.value.pointer).startswith("/postings/")
    assert show(factory, hold.id) == hold


def test_more_than_is_left_is_not_captured(factory: SessionFactory) -> None:
    fund(factory)
    hold = place(factory, "30")
    capture(factory, hold.id, transfer("assets:cash", "expenses:food", "10"), final=False)
    with pytest.raises(CaptureExceedsHold):
        capture(factory, hold.id, transfer("assets:cash", "expenses:food", "20.01"))


def test_an_account_that_occurs_twice_is_captured_in_order(factory: SessionFactory) -> None:
    fund(factory)
    hold = place_draft(
        factory,
        TransactionDraft(
            transfer("assets:cash", "expenses:food", "10").postings
            + transfer("assets:cash", "expenses:rent", "5").postings
            + transfer("assets:cash", "expenses:food", "1").postings
        ),
    )
    capture(factory, hold.id, transfer("assets:cash", "expenses:food", "10.50"), final=False)
    assert remaining(show(factory, hold.id)) == [
        ("expenses:rent", "5.00"),
        ("assets:cash", "-4.50"),
        ("expenses:food", "0.50"),
        ("assets:cash", "-1.00"),
    ]
    capture(factory, hold.id)
    assert standing(factory) == Standing("84.00", "84.00", "0.00", "0.00")


def test_a_capture_balances(factory: SessionFactory) -> None:
    fund(factory)
    hold = place(factory)
    legs = (PostingDraft("expenses:food", "USD", "5"), PostingDraft("assets:cash", "USD", "-6"))
    with pytest.raises(Unbalanced):
        capture(factory, hold.id, TransactionDraft(legs))


def test_a_capture_fails_on_no_limit_though_the_limits_have_changed(factory: SessionFactory) -> None:
    fund(factory)
    out, back = place(factory, "80"), place(factory, "50", "income:work", "assets:cash")
    change(factory, "assets:cash", limits={"USD": {"min": "95", "max": "96"}})
    with pytest.raises(InsufficientFunds):
        post(factory, transfer("assets:cash", "expenses:food", "0.01"))
    capture(factory, out.id)
    capture(factory, back.id)
    assert standing(factory) == Standing("70.00", "70.00", "0.00", "0.00")


@pytest.mark.parametrize(("status", "error"), [("frozen", AccountFrozen), ("closed", AccountClosed)])
def test_an_account_that_takes_no_postings_refuses_holds_and_captures_and_lets_void(
    factory: SessionFactory, status: str, error: type[LedgerError]
) -> None:
    fund(factory)
    hold = place(factory)
    change(factory, "assets:cash", status=status)
    with pytest.raises(error) as refused:
        capture(factory, hold.id)
    assert refused.value.members["account"] == "assets:cash"
    with pytest.raises(error):
        place(factory, "1")
    assert show(factory, hold.id) == hold
    void(factory, hold.id)
    assert standing(factory) == Standing("100.00", "100.00", "0.00", "0.00")


# Voiding, and what is over


def test_a_void_gives_everything_back(factory: SessionFactory) -> None:
    fund(factory)
    hold = place(factory, "30")
    capture(factory, hold.id, transfer("assets:cash", "expenses:food", "10"), final=False)
    after = void(factory, hold.id)
    assert (after.status, after.remaining, len(after.captures)) == ("voided", [], 1)
    assert standing(factory) == Standing("90.00", "90.00", "0.00", "0.00")


def test_a_hold_that_is_over_is_neither_captured_nor_voided(factory: SessionFactory) -> None:
    fund(factory)
    captured, voided = place(factory), place(factory)
    capture(factory, captured.id)
    void(factory, voided.id)
    before = standing(factory)
    for hold in (captured, voided):
        with pytest.raises(HoldNotOpen):
            capture(factory, hold.id)
        with pytest.raises(HoldNotOpen):
            void(factory, hold.id)
    assert standing(factory) == before


def test_a_hold_that_is_not_there_is_not_found(factory: SessionFactory) -> None:
    fund(factory)
    for ask in (capture, void, show):
        with pytest.raises(HoldNotFound):
            ask(factory, uuid4())


def test_a_hold_of_another_ledger_is_not_found(factory: SessionFactory) -> None:
    fund(factory)
    hold = place(factory)
    make_ledger(factory, "other")
    with pytest.raises(HoldNotFound):
        capture(factory, hold.id, ledger="other")
    with pytest.raises(HoldNotFound):
        void(factory, hold.id, ledger="other")
