"""Writers that meet on the same rows: no deadlock, no lost posting, no limit passed, no late arrival."""

from __future__ import annotations

import random
import threading
from collections import Counter

import pytest
from sqlalchemy import select

from myapp.db import ConcurrencyConflict, SessionFactory, unit_of_work
from myapp.ledger import accounts, posting
from myapp.ledger.drafts import TransactionDraft
from myapp.ledger.errors import AccountFrozen, InsufficientFunds, LimitExceeded
from myapp.ledger.tables import Account, Posting
from tests.ledger.books import (
    LEDGER,
    assert_unbroken,
    balance_rows,
    change,
    make_ledger,
    now,
    open_account,
    post,
    transfer,
)
from tests.ledger.threads import at_once, wait_until_someone_waits

THREADS = 8
TRANSFERS = 25
ACCOUNTS = ("assets:a", "assets:b", "assets:c", "assets:d")
START_TIMEOUT_S = 60


def nets(factory: SessionFactory) -> dict[str, int]:
    with unit_of_work(factory) as session:
        assert_unbroken(session)
        return {path: row["debits"] - row["credits"] for (path, _), row in balance_rows(session).items()}


def test_random_transfers_in_both_directions_never_deadlock_and_lose_nothing(factory: SessionFactory) -> None:
    make_ledger(factory)

    def work(seed: int) -> dict[str, int]:
        random_ = random.Random(seed)
        moved = dict.fromkeys(ACCOUNTS, 0)
        for _ in range(TRANSFERS):
            pairs = [random_.sample(ACCOUNTS, 2) for _ in range(2)]
            legs = [leg for pair in pairs for leg in transfer(*pair, "0.01").postings]
            post(factory, TransactionDraft(tuple(legs)))
            for source, target in pairs:
                moved[source] -= 1
                moved[target] += 1
        return moved

    moved = at_once(THREADS, work)

    assert nets(factory) == {path: sum(each[path] for each in moved) for path in ACCOUNTS}
    with unit_of_work(factory) as session:
        versions = sum(row["version"] for row in balance_rows(session).values())
    assert versions == THREADS * TRANSFERS * 4


def test_writers_that_open_the_same_accounts_never_deadlock(factory: SessionFactory) -> None:
    make_ledger(factory)
    paths = [f"assets:{number}" for number in range(20)]

    def work(seed: int) -> None:
        order = random.Random(seed).sample(paths, len(paths))
        legs = [leg for path in order for leg in transfer("equity:opening", path, "0.01").postings]
        post(factory, TransactionDraft(tuple(legs)))

    at_once(THREADS, work)

    assert nets(factory) == {**dict.fromkeys(paths, THREADS), "equity:opening": -THREADS * len(paths)}


def _available_after(factory: SessionFactory, draft: TransactionDraft) -> str:
    try:
        post(factory, draft)
    except InsufficientFunds as refused:
        return str(refused.members["available"])
    return "posted"


def test_withdrawals_that_race_stop_exactly_at_the_limit(factory: SessionFactory) -> None:
    make_ledger(factory)
    open_account(factory, "assets:cash", limits={"USD": {"min": "0"}})
    post(factory, transfer("equity:opening", "assets:cash", "1.00"))

    def work(_: int) -> list[str]:
        return [_available_after(factory, transfer("assets:cash", "expenses:food", "0.07")) for _ in range(3)]

    told = [each for several in at_once(16, work) for each in several]

    # Whoever is refused is told what there really was: too little for anyone.
    assert Counter(told) == {"posted": 14, "0.02": 48 - 14}
    assert nets(factory) == {"assets:cash": 2, "equity:opening": -100, "expenses:food": 98}


def test_deposits_that_race_stop_exactly_at_the_maximum(factory: SessionFactory) -> None:
    make_ledger(factory)
    open_account(factory, "liabilities:card", limits={"USD": {"max": "0.50"}})

    def work(_: int) -> bool:
        try:
            return post(factory, transfer("liabilities:card", "expenses:food", "0.08")) is not None
        except LimitExceeded:
            return False

    assert sum(at_once(16, work)) == 6
    assert nets(factory)["liabilities:card"] == -48


def test_nothing_lands_on_an_account_after_it_was_frozen(factory: SessionFactory) -> None:
    make_ledger(factory)
    posted = threading.Barrier(THREADS + 1, timeout=START_TIMEOUT_S)
    post(factory, transfer("assets:cash", "expenses:food", "0.01"))

    def work(number: int) -> int:
        if number == THREADS:
            posted.wait()
            change(factory, "assets:cash", status="frozen")
            with unit_of_work(factory) as session:
                return int(balance_rows(session)["assets:cash", "USD"]["version"])
        count = 0
        while True:
            try:
                post(factory, transfer("assets:cash", "expenses:food", "0.01"))
            except AccountFrozen:
                return count
            count += 1
            if count == 1:
                posted.wait()

    *counts, version_when_frozen = at_once(THREADS + 1, work)

    with unit_of_work(factory) as session:
        assert_unbroken(session)
        row = balance_rows(session)["assets:cash", "USD"]
    assert row["version"] == version_when_frozen == sum(counts) + 1
    assert row["status"] == "frozen"


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
@pytest.mark.parametrize("has_balance", [True, False], ids=["known balance", "first posting"])
def test_a_post_that_waits_for_a_freeze_is_refused(factory: SessionFactory, *, has_balance: bool) -> None:
    make_ledger(factory)
    open_account(factory, "assets:cash")
    if has_balance:
        post(factory, transfer("assets:cash", "expenses:food", "0.01"))
    before = 1 if has_balance else 0

    def late() -> None:
        # What the web does on a conflict: once more, from the beginning.
        try:
            post(factory, transfer("assets:cash", "expenses:food", "0.01"))
        except ConcurrencyConflict:
            post(factory, transfer("assets:cash", "expenses:food", "0.01"))

    refused: list[BaseException] = []

    def keep_refusal() -> None:
        try:
            late()
        except AccountFrozen as error:
            refused.append(error)

    thread = threading.Thread(target=keep_refusal)
    with unit_of_work(factory) as session:
        accounts.change(session, LEDGER, "assets:cash", now=now(), status="frozen")
        thread.start()
        wait_until_someone_waits(session.connection())
    thread.join()

    assert len(refused) == 1
    with unit_of_work(factory) as session:
        rows = balance_rows(session)
        assert sum(row["version"] for (path, _), row in rows.items() if path == "assets:cash") == before


def test_a_preview_keeps_nothing_while_others_write(factory: SessionFactory) -> None:
    make_ledger(factory)

    def work(number: int) -> None:
        for _ in range(5):
            with unit_of_work(factory) as session:
                draft = transfer("assets:cash", f"expenses:{number}", "0.01")
                if number % 2:
                    posting.preview(session, LEDGER, draft, now=now(), actor="test")
                else:
                    posting.post(session, LEDGER, draft, now=now(), actor="test")

    at_once(4, work)

    assert nets(factory) == {"assets:cash": -10, "expenses:0": 5, "expenses:2": 5}


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
def test_who_waited_for_an_account_was_not_recorded_before_who_wrote_meanwhile(
    factory: SessionFactory,
) -> None:
    make_ledger(factory)
    for path in ACCOUNTS:
        open_account(factory, path)
    first, second, third, fourth = ACCOUNTS
    waiting = threading.Thread(target=post, args=(factory, transfer(first, second, "1")))
    with unit_of_work(factory) as session:
        posting.post(session, LEDGER, transfer(first, third, "1"), now=now(), actor="test")
        # It has its statement sent, and waits for the first account; the second it has not come to.
        waiting.start()
        wait_until_someone_waits(session.connection())
        post(factory, transfer(fourth, second, "1"))
    waiting.join()
    with unit_of_work(factory) as session:
        of_second = select(Posting.recorded_at).join(
            Account, (Account.ledger_id == Posting.ledger_id) & (Account.id == Posting.account_id)
        )
        times = session.scalars(of_second.where(Account.path == second).order_by(Posting.version)).all()
    assert len(times) == 2
    assert times[0] < times[1]
