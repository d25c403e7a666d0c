"""A write that needs what expired holds keep, while others have balances of those holds: nobody deadlocks.

`assets:c` is emptied by a hold that has expired and would have brought it to `assets:a`. A write of
`assets:b` and `assets:c` has locked these two when it learns that it needs `assets:a`, which sorts before.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from myapp.db import ConcurrencyConflict, SessionFactory, unit_of_work
from myapp.ledger import batches, posting
from myapp.ledger.batches import Item
from myapp.ledger.drafts import CaptureDraft
from myapp.ledger.holds import capturing, placing
from myapp.ledger.posting import Key
from myapp.ledger.tables import Account, Balance
from tests.ledger.books import LEDGER, make_ledger, now, open_account, post, transfer
from tests.ledger.holding import MINUTE, assert_holds_add_up, place, standing
from tests.ledger.threads import wait_until_someone_waits

pytestmark = pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)

Write = Callable[[Session, datetime], object]
DRAFT = transfer("assets:c", "assets:b", "10")
KEY = Key("key", "fingerprint")


def by_posting(session: Session, at: datetime) -> object:
    return posting.post(session, LEDGER, DRAFT, now=at, actor="late", key=KEY)


def by_a_batch(session: Session, at: datetime) -> object:
    (posted,) = batches.post_all(session, LEDGER, [Item(DRAFT, KEY)], now=at, actor="late")
    return posted


def by_a_batch_of_which_a_part_is_refused(session: Session, at: datetime) -> object:
    items = [Item(DRAFT, KEY), Item(transfer("assets:b", "expenses:d", "1000"))]
    posted, _ = batches.post_each(session, LEDGER, items, now=at, actor="late")
    return posted


def by_a_hold(session: Session, at: datetime) -> object:
    return placing.place(session, LEDGER, DRAFT, now=at, actor="late")


WAYS = [by_posting, by_a_batch, by_a_hold]


@pytest.fixture
def expired(factory: SessionFactory) -> Iterator[datetime]:
    """Fill the books as above, and give a time at which the hold has expired."""
    make_ledger(factory)
    for name in "abc":
        open_account(factory, f"assets:{name}", limits={"USD": {"min": "0"}})
        post(factory, transfer("equity:opening", f"assets:{name}", "10"))
    end = now() + MINUTE
    place(factory, "10", "assets:c", "assets:a", expires_at=end)
    yield end
    assert_holds_add_up(factory)


def lock(session: Session, path: str, *, nowait: bool = False) -> Any:
    """Lock a balance as a writer does that touches no other one yet."""
    of_account = (Account.ledger_id == Balance.ledger_id) & (Account.id == Balance.account_id)
    row = select(Balance).join(Account, of_account).where(Account.path == path)
    return session.execute(row.with_for_update(of=Balance, nowait=nowait)).one()


@pytest.mark.parametrize("write", WAYS)
def test_a_first_attempt_waits_for_nobody(factory: SessionFactory, expired: datetime, write: Write) -> None:
    with unit_of_work(factory) as session:
        lock(session, "assets:a")
        # Were it to wait, this would end in a timeout.
        with pytest.raises(ConcurrencyConflict), unit_of_work(factory) as other:
            write(other, expired)
    assert standing(factory, "assets:c", at=expired).available == "10.00"


@pytest.mark.parametrize("write", [*WAYS, by_a_batch_of_which_a_part_is_refused])
def test_who_waits_takes_its_locks_in_order(factory: SessionFactory, expired: datetime, write: Write) -> None:
    written: list[object] = []
    thread = threading.Thread(
        target=lambda: written.append(unit_of_work(factory).run(lambda session: write(session, expired)))
    )
    with unit_of_work(factory) as session:
        lock(session, "assets:a")
        thread.start()
        wait_until_someone_waits(session.connection())
        # Who waits for the first has not the last.
        lock(session, "assets:c", nowait=True)
    thread.join()
    assert len(written) == 1
    assert written[0] is not None
    assert standing(factory, "assets:c", at=expired).available == "0.00"


def again(work: Callable[[Session], object]) -> Callable[[Session], object]:
    """Return work that meets a conflict at its first attempt."""
    attempts = iter([ConcurrencyConflict("once")])

    def attempt(session: Session) -> object:
        for conflict in attempts:
            raise conflict
        return work(session)

    return attempt


def test_another_attempt_at_a_capture_waits_for_nobody(factory: SessionFactory, expired: datetime) -> None:
    # It has the balances of its own hold, and asks no limit that an expired one could stand in the way of.
    hold = place(factory, "5", "assets:b", "assets:c")

    def capture(session: Session) -> object:
        return capturing.capture(session, LEDGER, hold.id, CaptureDraft(), now=expired, actor="late")

    with unit_of_work(factory) as session:
        lock(session, "assets:a")
        assert unit_of_work(factory).run(again(capture)) is not None


def test_another_attempt_knows_the_key_of_another_request(factory: SessionFactory, expired: datetime) -> None:
    with unit_of_work(factory) as session:
        assert by_posting(session, expired) is not None
    assert unit_of_work(factory).run(again(lambda session: by_posting(session, expired))) is None
