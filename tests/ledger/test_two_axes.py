"""What was known at a recorded time of a range of effective time, against a plain scan of the postings."""

from __future__ import annotations

import itertools
import random
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from myapp.db import SessionFactory, unit_of_work
from myapp.ledger import batches
from myapp.ledger.asof import AsOf, Scope, nets, totals_as_of
from myapp.ledger.batches import Item
from myapp.ledger.books import open_book
from myapp.ledger.drafts import PostingDraft, TransactionDraft
from myapp.ledger.tables import Account, Posting
from tests.ledger.books import LEDGER, assert_unbroken, make_ledger, now, post, transfer

FIRST = datetime(2026, 1, 5, tzinfo=UTC)
DAY = timedelta(days=1)
INSTANT = timedelta(microseconds=1)
PATHS = ("assets:cash", "expenses:food", "income:job")
ASSETS = ("USD", "EUR")
# Midnight, the instants beside it, and noon; of days on both sides of the first, and of one two months on.
BOUNDS = [FIRST + day * DAY + off for day in (-5, 0, 1, 59) for off in (-INSTANT, timedelta(0), DAY / 2)]

# The first and the last instant of a day and of a month, and the first of the next.
PERIODS = {
    "day": (FIRST, FIRST + DAY - INSTANT, FIRST + DAY),
    "month": (FIRST - 4 * DAY, FIRST + 27 * DAY - INSTANT, FIRST + 27 * DAY),
}

Key = tuple[int, str]
Totals = dict[Key, tuple[int, int]]


def random_draft(chance: random.Random) -> TransactionDraft:
    """Draft a transaction of up to six postings, so that an account often occurs twice."""
    postings: list[PostingDraft] = []
    for asset in chance.sample(ASSETS, chance.randint(1, 2)):
        amounts = [chance.choice([-7, -2, 3, 5]) for _ in range(chance.randint(1, 2))]
        if sum(amounts):
            amounts.append(-sum(amounts))
        postings += [PostingDraft(chance.choice(PATHS), asset, str(amount)) for amount in amounts]
    day = chance.choice([-5, -1, 0, 0, 1, 26, 27, 58])
    moment = FIRST + (day + chance.randint(0, 4) / 4) * DAY + chance.choice([-1, 0, 0, 1]) * INSTANT
    several = len(postings) > 1
    return TransactionDraft(tuple(postings), effective_at=moment) if several else random_draft(chance)


def write_books(factory: SessionFactory, chance: random.Random) -> None:
    """Post one by one and in batches, in no order of effective time."""
    make_ledger(factory, **dict.fromkeys(ASSETS, 0))
    for _ in range(4):
        for _ in range(3):
            post(factory, random_draft(chance))
        items = [Item(random_draft(chance)) for _ in range(5)]
        with unit_of_work(factory) as session:
            batches.post_all(session, LEDGER, items, now=now(), actor="test")


def scanned(postings: Iterable[Posting], as_of: AsOf) -> Totals:
    """Return debits and credits by adding up the postings that count, one by one."""
    found: dict[Key, tuple[int, int]] = {}
    for each in postings:
        since, until = as_of.since or each.effective_at, as_of.at or each.effective_at
        if since <= each.effective_at <= until and each.recorded_at <= (as_of.known_at or each.recorded_at):
            debits, credits_ = found.get((each.account_id, each.asset), (0, 0))
            sides = (debits + max(0, each.amount), credits_ + max(0, -each.amount))
            found[each.account_id, each.asset] = sides
    return found


def known_versions(postings: Iterable[Posting], known_at: datetime) -> dict[Key, int]:
    known = [each for each in postings if each.recorded_at <= known_at]
    found: dict[Key, int] = defaultdict(int)
    for each in known:
        found[each.account_id, each.asset] = max(found[each.account_id, each.asset], each.version)
    return found


def questions(postings: Iterable[Posting]) -> Iterator[AsOf]:
    recorded = sorted({each.recorded_at for each in postings})
    known = [recorded[0] - INSTANT, *recorded[::4], recorded[-1]]
    for at, since, known_at in itertools.product([None, *BOUNDS], [None, *BOUNDS[::3]], known):
        yield AsOf(at, known_at, since)


def asked_nets(session: Session, as_of: AsOf, ledger_id: int, **scope: Any) -> dict[Key, int]:
    question = nets(Scope(ledger_id, **scope), as_of)
    rows = session.execute(question.statement, question.parameters)
    return {(row.account_id, row.asset): row.net for row in rows}


@pytest.mark.parametrize("seed", [1, 2])
def test_both_axes_at_once_are_as_a_scan_says(factory: SessionFactory, seed: int) -> None:
    write_books(factory, random.Random(seed))
    with unit_of_work(factory) as session:
        assert_unbroken(session)
        ledger_id = open_book(session, LEDGER).id
        postings = session.scalars(select(Posting).where(Posting.ledger_id == ledger_id)).all()
        for as_of in questions(postings):
            expected = scanned(postings, as_of)
            found = asked_nets(session, as_of, ledger_id)
            assert found == {key: debits - credits_ for key, (debits, credits_) in expected.items()}, as_of


@pytest.mark.parametrize("seed", [3, 4])
def test_debits_and_credits_apart_are_as_a_scan_says(factory: SessionFactory, seed: int) -> None:
    write_books(factory, random.Random(seed))
    with unit_of_work(factory) as session:
        ledger_id = open_book(session, LEDGER).id
        postings = session.scalars(select(Posting).where(Posting.ledger_id == ledger_id)).all()
        cash = session.scalars(select(Account.id).where(Account.path == PATHS[0])).one()
        own = [each for each in postings if each.account_id == cash]
        for as_of in questions(postings):
            assert as_of.known_at is not None
            sides, versions = scanned(own, as_of), known_versions(own, as_of.known_at)
            expected = {key: (*sides.get(key, (0, 0)), version) for key, version in versions.items()}
            assert totals_as_of(session, Scope(ledger_id, cash), as_of) == expected, as_of


def test_the_totals_of_one_asset_leave_out_the_others(factory: SessionFactory) -> None:
    write_books(factory, random.Random(5))
    with unit_of_work(factory) as session:
        ledger_id = open_book(session, LEDGER).id
        postings = session.scalars(select(Posting).where(Posting.ledger_id == ledger_id)).all()
        for as_of in itertools.islice(questions(postings), 0, None, 7):
            found = asked_nets(session, as_of, ledger_id, asset="EUR")
            all_assets = asked_nets(session, as_of, ledger_id)
            assert found == {key: net for key, net in all_assets.items() if key[1] == "EUR"}, as_of


@pytest.mark.parametrize("period", ["day", "month"])
def test_a_posting_carries_what_its_day_and_its_month_were_just_after_it(
    factory: SessionFactory, period: str
) -> None:
    make_ledger(factory, USD=0)
    twice = tuple(
        PostingDraft(*leg)
        for leg in ((PATHS[0], "USD", "1"), (PATHS[0], "USD", "2"), (PATHS[1], "USD", "-3"))
    )
    first, last, next_one = PERIODS[period]
    moments = (first, last, next_one, first)
    drafts = [TransactionDraft(twice, effective_at=moment) for moment in moments]
    with unit_of_work(factory) as session:
        batches.post_all(session, LEDGER, [Item(draft) for draft in drafts], now=now(), actor="test")
    post(factory, drafts[1])
    with unit_of_work(factory) as session:
        cash = select(Account.id).where(Account.path == PATHS[0])
        names = (period, f"{period}_debits", f"{period}_credits")
        rows = select(Posting.version, *(getattr(Posting, name) for name in names))
        found = session.execute(rows.where(Posting.account_id.in_(cash)).order_by(Posting.version)).all()
        assert [(version, number - found[0][1], *totals) for version, number, *totals in found] == [
            *((1, 0, 1, 0), (2, 0, 3, 0), (3, 0, 4, 0), (4, 0, 6, 0)),
            *((5, 1, 1, 0), (6, 1, 3, 0)),
            *((7, 0, 7, 0), (8, 0, 9, 0), (9, 0, 10, 0), (10, 0, 12, 0)),
        ]
        assert_unbroken(session)


@pytest.mark.parametrize("of_an_account", [False, True])
def test_no_part_of_a_sum_is_larger_than_what_is_known(factory: SessionFactory, of_an_account: bool) -> None:
    """On the last day most of what fits into 64 bits; with more before it to look up than after it."""
    make_ledger(factory, USD=0)
    most = 2**62 + 9
    for day in (1, 2):
        post(factory, transfer(PATHS[0], PATHS[1], "1", effective_at=FIRST + day * DAY))
    post(factory, transfer(PATHS[0], PATHS[1], str(most), effective_at=FIRST + 3 * DAY))
    with unit_of_work(factory) as session:
        known_at = max(session.scalars(select(Posting.recorded_at)))
    for day in (1, 2):
        post(factory, transfer(PATHS[0], PATHS[1], "1", effective_at=FIRST + day * DAY))
    with unit_of_work(factory) as session:
        account_id = session.scalars(select(Account.id).where(Account.path == PATHS[1])).one()
        scope = Scope(open_book(session, LEDGER).id, account_id if of_an_account else None)
        as_of = AsOf(FIRST + 3 * DAY + timedelta(hours=2), known_at)
        found = totals_as_of(session, scope, as_of)
    assert found[account_id, "USD"][:2] == (most + 2, 0)
