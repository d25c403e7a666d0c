"""Batches that meet on the same accounts: no deadlock, nothing lost, no limit passed."""

from __future__ import annotations

import random
import threading
from collections import Counter

import pytest

from myapp.db import SessionFactory, unit_of_work
from myapp.ledger import batches, posting
from myapp.ledger.batches import Item, Posted
from myapp.ledger.books import open_book
from myapp.ledger.claims import claim_all
from myapp.ledger.outcomes import Claim
from myapp.ledger.posting import Key
from myapp.ledger.views import TransactionView
from tests.ledger.books import assert_unbroken, balance_rows, make_ledger, now, open_account, post, transfer
from tests.ledger.threads import at_once, wait_until_someone_waits

THREADS = 6
ROUNDS = 4
ITEMS = 30
ACCOUNTS = [f"assets:{name}" for name in "abcdef"]


def _post(factory: SessionFactory, items: list[Item]) -> list[batches.Result]:
    # Without another attempt: a deadlock would show as an error.
    with unit_of_work(factory) as session:
        return batches.post_each(session, "books", items, now=now(), actor="test")


def _nets(factory: SessionFactory) -> dict[str, int]:
    with unit_of_work(factory) as session:
        assert_unbroken(session)
        return {path: row["debits"] - row["credits"] for (path, _), row in balance_rows(session).items()}


@pytest.mark.parametrize("is_limited", [False, True], ids=["nothing refused", "some refused"])
def test_batches_in_both_directions_never_deadlock_and_lose_nothing(
    factory: SessionFactory, *, is_limited: bool
) -> None:
    make_ledger(factory)
    for path in ACCOUNTS:
        open_account(factory, path, limits={"USD": {"min": "0"}} if is_limited else {})
        post(factory, transfer("equity:opening", path, "0.05"))

    def work(seed: int) -> Counter[str]:
        random_ = random.Random(seed)
        moved: Counter[str] = Counter()
        for number in range(ROUNDS):
            pairs = [random_.sample(ACCOUNTS, 2) for _ in range(ITEMS)]
            keys = [Key(f"{seed}-{number}-{each}", "f") for each in random_.sample(range(ITEMS), ITEMS)]
            items = [Item(transfer(*pair, "0.01"), key) for pair, key in zip(pairs, keys, strict=True)]
            for (source, target), result in zip(pairs, _post(factory, items), strict=True):
                if isinstance(result, Posted):
                    moved[source] -= 1
                    moved[target] += 1
                else:
                    moved["refused"] += 1
        return moved

    moved = at_once(THREADS, work)

    nets = _nets(factory)
    expected = {path: 5 + sum(each[path] for each in moved) for path in ACCOUNTS}
    assert {path: nets[path] for path in ACCOUNTS} == expected
    assert is_limited is bool(sum(each["refused"] for each in moved))
    if is_limited:
        assert min(expected.values()) >= 0


def test_the_same_batch_delivered_at_once_is_posted_once(factory: SessionFactory) -> None:
    make_ledger(factory)
    open_account(factory, "assets:till", limits={"USD": {"max": "0.10"}})
    drafts = [transfer("equity:x", "assets:till", "0.01") for _ in range(ITEMS)]
    items = [Item(draft, Key(f"key-{number:02}", "f")) for number, draft in enumerate(drafts)]

    def work(number: int) -> list[batches.Result]:
        # Half of them in the opposite order.
        results = _post(factory, items if number % 2 else items[::-1])
        return results if number % 2 else results[::-1]

    answers = at_once(THREADS, work)

    assert _nets(factory)["assets:till"] == 10
    ids = [{each.transaction.id for each in answer if isinstance(each, Posted)} for answer in answers]
    assert all(each == ids[0] for each in ids)
    assert len(ids[0]) == 10


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
def test_a_post_that_waits_for_the_key_of_a_batch_keeps_no_new_account_from_it(
    factory: SessionFactory,
) -> None:
    make_ledger(factory)
    draft = transfer("equity:opening", "assets:new", "1.00")
    told: list[TransactionView | None] = []

    def alone() -> None:
        with unit_of_work(factory) as session:
            key = Key("shared", "f")
            told.append(posting.post(session, "books", draft, now=now(), actor="alone", key=key))

    thread = threading.Thread(target=alone)
    with unit_of_work(factory) as session:
        # The two steps of a batch, with the other's first ones between them.
        book = open_book(session, "books", ["USD"])
        entry = posting.check(book, draft, now=now(), actor="batch")
        claim_all(session, book.id, [Claim("shared", "f", entry.id)], now=now())
        thread.start()
        wait_until_someone_waits(session.connection())
        posting.write_entries(session, book, [entry], now=now())
    thread.join()
    assert told == [None]
    assert _nets(factory) == {"assets:new": 100, "equity:opening": -100}
