"""Holds against a model: random programs leave the same books, and refuse the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from myapp.db import SessionFactory, unit_of_work
from myapp.ledger import accounts, posting
from myapp.ledger.books import open_book
from myapp.ledger.drafts import PostingDraft, TransactionDraft
from myapp.ledger.errors import InsufficientFunds, LedgerError, LimitExceeded
from myapp.ledger.holds import reading
from myapp.ledger.holds.reading import HoldFilter
from myapp.ledger.holds.views import HoldView
from myapp.ledger.ids import new_id
from myapp.ledger.limits import format_limits
from myapp.ledger.rules import normal_side, type_of
from tests.ledger.books import change, make_ledger, open_account
from tests.ledger.hold_model import HoldModel, Leg
from tests.ledger.holding import MINUTE, assert_holds_add_up, capture, place_draft, void

ACCOUNTS = ("assets:a", "assets:b", "income:c", "liabilities:d")
START = datetime(2024, 2, 29, tzinfo=UTC)


@dataclass(frozen=True)
class Post:
    legs: tuple[Leg, ...]


@dataclass(frozen=True)
class Place:
    legs: tuple[Leg, ...]
    ticks: int | None


@dataclass(frozen=True)
class Capture:
    """The hold is counted from the newest; `share` of what is left is asked for, in percent."""

    hold: int
    share: int | None
    final: bool


@dataclass(frozen=True)
class Void:
    hold: int


@dataclass(frozen=True)
class Limit:
    account: str
    lowest: int | None
    highest: int | None


@dataclass(frozen=True)
class Wait:
    ticks: int


Step = Post | Place | Capture | Void | Limit | Wait

accounts_ = st.sampled_from(ACCOUNTS)
transfers = st.tuples(accounts_, accounts_, st.integers(1, 60)).map(
    lambda given: ((given[0], given[2]), (given[1], -given[2]))
)
legs = st.lists(transfers, min_size=1, max_size=3).map(
    lambda pairs: tuple(leg for pair in pairs for leg in pair)
)
steps = st.one_of(
    st.builds(Post, legs),
    st.builds(Place, legs, st.none() | st.integers(1, 3)),
    st.builds(Place, legs, st.none() | st.integers(1, 3)),
    st.builds(Capture, st.integers(0, 3), st.none() | st.integers(1, 120), st.booleans()),
    st.builds(Capture, st.integers(0, 3), st.none() | st.integers(1, 120), st.booleans()),
    st.builds(Void, st.integers(0, 3)),
    st.builds(Limit, accounts_, st.none() | st.integers(-100, 0), st.none() | st.integers(0, 100)),
    st.builds(Wait, st.integers(1, 2)),
)


class Run:
    """A program on a ledger of its own, and on the model."""

    def __init__(self, factory: SessionFactory) -> None:
        self.factory = factory
        self.ledger = f"books-{new_id()}"
        self.model = HoldModel()
        self.ids: list[UUID] = []
        make_ledger(factory, self.ledger, JPY=0)
        for path in ACCOUNTS:
            open_account(factory, path, self.ledger, limits={"JPY": {"max": None}})

    @property
    def now(self) -> datetime:
        return START + self.model.tick * MINUTE

    def take(self, step: Step) -> None:
        match step:
            case Wait(ticks):
                self.model.tick += ticks
            case Limit(account, lowest, highest):
                self.model.bounds[account] = (lowest, highest)
                shown = format_limits((lowest, highest), type_of(account) or "", 0)
                change(self.factory, account, self.ledger, limits={"JPY": shown})
            case Post(moved):
                self._refused_by(self.model.post(list(moved)), lambda: self._post(moved))
            case Place(moved, ticks):
                ends = None if ticks is None else self.model.tick + ticks
                self._refused_by(self.model.place(list(moved), ends), lambda: self._place(moved, ends))
            case Capture() | Void() if self.model.holds:
                self._end(step)

    def _post(self, moved: tuple[Leg, ...]) -> None:
        with unit_of_work(self.factory) as session:
            posting.post(session, self.ledger, drafted(moved), now=self.now, actor="test")

    def _place(self, moved: tuple[Leg, ...], ends: int | None) -> None:
        expires_at = None if ends is None else START + ends * MINUTE
        view = place_draft(
            self.factory, drafted(moved), at=self.now, expires_at=expires_at, ledger=self.ledger
        )
        self.ids.append(view.id)

    def _end(self, step: Capture | Void) -> None:
        number = -1 - step.hold % len(self.model.holds)
        hold, hold_id = self.model.holds[number], self.ids[number]
        if isinstance(step, Void):
            code = self.model.void(hold)
            self._refused_with(code, lambda: void(self.factory, hold_id, at=self.now, ledger=self.ledger))
            return
        asked = None if step.share is None else shared(self.model.left(hold) or hold.legs, step.share)
        code = self.model.capture(hold, asked, final=step.final)
        draft = None if asked is None else drafted(asked)
        given: dict[str, Any] = {"final": step.final, "at": self.now, "ledger": self.ledger}
        self._refused_with(code, lambda: capture(self.factory, hold_id, draft, **given))

    def _refused_by(self, refusing: set[str], work: Callable[[], object]) -> None:
        if not refusing:
            work()
            return
        with pytest.raises((InsufficientFunds, LimitExceeded)) as refused:
            work()
        assert refused.value.members["account"] in refusing

    def _refused_with(self, code: str, work: Callable[[], object]) -> None:
        if not code:
            work()
            return
        with pytest.raises(LedgerError) as refused:
            work()
        assert refused.value.code == code

    def compare(self) -> None:
        """See that the books show what the model does."""
        with unit_of_work(self.factory) as session:
            for path in ACCOUNTS:
                (shown,) = (accounts.find(session, self.ledger, path, now=self.now).balances or {}).values()
                debits, credits_ = self.model.pending(path)
                net = self.model.nets[path]
                available = net - credits_ if normal_side(type_of(path) or "") == "debit" else -net - debits
                found = (shown.balance, shown.pending_debits, shown.pending_credits, shown.available)
                assert found == (str(net), str(debits), str(credits_), str(available))
            book = open_book(session, self.ledger)
            page = reading.listed(session, book, HoldFilter(), now=self.now, limit=500)
            views = {view.id: view for view in page.items}
            open_ = reading.listed(session, book, HoldFilter("open"), now=self.now, limit=500)
        for hold_id, hold in zip(self.ids, self.model.holds, strict=True):
            view = views[hold_id]
            found = (view.status, left_of(view), len(view.captures))
            assert found == (self.model.status(hold), self.model.left(hold), hold.captures)
        assert {view.id for view in open_.items} == {view.id for view in page.items if view.status == "open"}


def drafted(moved: tuple[Leg, ...] | list[Leg]) -> TransactionDraft:
    return TransactionDraft(tuple(PostingDraft(path, "JPY", str(amount)) for path, amount in moved))


def shared(left: list[Leg], percent: int) -> list[Leg]:
    """Return a balanced share of what is left: of each debit, and of credits as much."""
    debits = [(path, max(1, amount * percent // 100)) for path, amount in left if amount > 0]
    owed = sum(amount for _, amount in debits)
    credits_ = []
    for path, amount in (leg for leg in left if leg[1] < 0):
        taken = min(owed, -amount)
        if taken:
            credits_.append((path, -taken))
        owed -= taken
    if owed:
        path, amount = credits_.pop()
        credits_.append((path, amount - owed))
    return debits + credits_


def left_of(view: HoldView) -> list[Leg]:
    return [(each.account, int(each.amount)) for each in view.remaining]


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(program=st.lists(steps, min_size=3, max_size=12))
def test_random_programs_of_holds_leave_the_books_that_the_model_foretells(
    factory: SessionFactory, program: list[Step]
) -> None:
    run = Run(factory)
    for step in program:
        run.take(step)
        run.compare()
    assert_holds_add_up(factory, run.ledger)
