"""The hot path against a model: random programs of writes leave the same books, and refuse the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from myapp.db import SessionFactory, unit_of_work
from myapp.ledger import accounts
from myapp.ledger.books import open_book
from myapp.ledger.drafts import Entry, EntryPosting
from myapp.ledger.errors import InsufficientFunds, LimitExceeded, ReferenceExists
from myapp.ledger.ids import new_id
from myapp.ledger.limits import format_limits
from myapp.ledger.posting import write_entries
from myapp.ledger.rules import normal_side, type_of
from myapp.ledger.tables import Account, BalanceDay, BalanceMonth, Posting, Transaction
from tests.ledger.books import assert_unbroken, balance_rows, make_ledger, now, postings
from tests.ledger.model import Key, Model

ACCOUNTS = ("assets:a", "assets:b", "income:c", "liabilities:d")
ASSETS = {"JPY": 0, "USD": 2}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Transfer:
    """So much from one account to another, which may be the same."""

    source: str
    target: str
    asset: str
    amount: int


@dataclass(frozen=True)
class Write:
    """Several transactions written at once: each a day and its transfers."""

    transactions: tuple[tuple[int, tuple[Transfer, ...]], ...]

    def entries(self) -> list[Entry]:
        return [self._entry(day, transfers) for day, transfers in self.transactions]

    def _entry(self, day: int, transfers: tuple[Transfer, ...]) -> Entry:
        legs = []
        for each in transfers:
            legs.append(EntryPosting(each.target, each.asset, each.amount))
            legs.append(EntryPosting(each.source, each.asset, -each.amount))
        return Entry(new_id(), tuple(legs), "", None, EPOCH + timedelta(days=day, hours=7), {})


@dataclass(frozen=True)
class Limit:
    """New bounds of debits minus credits."""

    key: Key
    lowest: int | None
    highest: int | None


accounts_ = st.sampled_from(ACCOUNTS)
transfers = st.builds(Transfer, accounts_, accounts_, st.sampled_from(sorted(ASSETS)), st.integers(1, 100))
transactions = st.tuples(st.integers(-1, 1), st.lists(transfers, min_size=1, max_size=3).map(tuple))
writes = st.builds(Write, st.lists(transactions, min_size=1, max_size=4).map(tuple))
limits = st.builds(
    Limit,
    st.tuples(accounts_, st.sampled_from(sorted(ASSETS))),
    st.none() | st.integers(-200, 0),
    st.none() | st.integers(0, 200),
)
programs = st.lists(writes | limits, min_size=1, max_size=8)


@settings(
    max_examples=40,
    deadline=None,
    # The database is shared by the examples on purpose: each one makes a ledger of its own in it.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(program=programs)
def test_random_programs_leave_the_books_that_the_model_foretells(
    factory: SessionFactory, program: list[Write | Limit]
) -> None:
    ledger = f"books-{new_id()}"
    _make_books(factory, ledger)
    model = Model()
    for step in program:
        if isinstance(step, Limit):
            _set_limit(factory, ledger, step)
            model.limit(step.key, step.lowest, step.highest)
        else:
            _write(factory, ledger, step, model)
        _assert_same(factory, ledger, model)


def _make_books(factory: SessionFactory, ledger: str) -> None:
    make_ledger(factory, ledger, **ASSETS)
    with unit_of_work(factory) as session:
        for path in ACCOUNTS:
            accounts.open_account(session, ledger, path, now=now())


def _set_limit(factory: SessionFactory, ledger: str, step: Limit) -> None:
    path, asset = step.key
    shown = format_limits((step.lowest, step.highest), type_of(path) or "", ASSETS[asset])
    with unit_of_work(factory) as session:
        accounts.change(session, ledger, path, now=now(), limits={asset: shown})


def _write(factory: SessionFactory, ledger: str, step: Write, model: Model) -> None:
    entries = step.entries()
    refused = model.write(entries)

    def write() -> None:
        with unit_of_work(factory) as session:
            write_entries(session, open_book(session, ledger, None), entries, now=now())

    if refused:
        _assert_refused(write, refused)
    else:
        write()


def _assert_refused(write: Callable[[], None], refused: set[tuple[str, str]]) -> None:
    with pytest.raises((InsufficientFunds, LimitExceeded)) as raised:
        write()
    account = raised.value.members["account"]
    is_debit = normal_side(type_of(account) or "") == "debit"
    # On its normal side a credit account's floor is the ceiling of debits minus credits.
    went = "below" if isinstance(raised.value, InsufficientFunds) is is_debit else "above"
    assert (account, went) in refused


def _assert_same(factory: SessionFactory, ledger: str, model: Model) -> None:
    with unit_of_work(factory) as session:
        stored = {
            key: (row["debits"], row["credits"], row["version"], row["lowest"], row["highest"])
            for key, row in balance_rows(session, ledger).items()
        }
        journal = {
            key: [(posted.amount, posted.balance) for posted in posted_all]
            for key, posted_all in postings(session, ledger).items()
        }
        days = _totals(session, ledger, BalanceDay, BalanceDay.day)
        months = _totals(session, ledger, BalanceMonth, BalanceMonth.month)
        assert_unbroken(session, ledger)
    rows = model.rows
    assert stored == {
        key: (row.debits, row.credits, len(row.postings), row.lowest, row.highest)
        for key, row in rows.items()
    }
    assert journal == {key: row.postings for key, row in rows.items() if row.postings}
    assert days == {(*key, day): totals for key, row in rows.items() for day, totals in row.days.items()}
    assert months == {
        (*key, month): totals for key, row in rows.items() for month, totals in row.months.items()
    }


def _totals(
    session: Session, ledger: str, table: Any, number: Any
) -> dict[tuple[str, str, int], tuple[int, int]]:
    statement = (
        select(Account.path, table.asset, number, table.debits, table.credits)
        .join(Account, (Account.ledger_id == table.ledger_id) & (Account.id == table.account_id))
        .where(table.ledger_id == open_book(session, ledger).id)
    )
    return {
        (path, asset, period): (debits, credits_)
        for path, asset, period, debits, credits_ in session.execute(statement)
    }


def entry(reference: str | None = None) -> Entry:
    legs = (EntryPosting("assets:a", "USD", 1), EntryPosting("assets:b", "USD", -1))
    return Entry(new_id(), legs, "", reference, EPOCH, {})


def test_what_is_written_at_once_is_recorded_at_one_moment_unless_it_brings_its_own(
    factory: SessionFactory,
) -> None:
    make_ledger(factory)
    entries = [entry(), entry(), entry()._replace(recorded_at=EPOCH)]
    with unit_of_work(factory) as session:
        before = now()
        written = write_entries(session, open_book(session, "books"), entries, now=now())
        assert written is not None
        told = written[1].recorded_at
        assert before <= told[entries[0].id] == told[entries[1].id] <= now()
        assert told[entries[2].id] == EPOCH
        for recorded in (
            session.execute(select(Transaction.id, Transaction.recorded_at)),
            session.execute(select(Posting.txn_id, Posting.recorded_at).distinct()),
        ):
            assert {row[0]: row[1] for row in recorded} == told


def test_of_what_is_written_at_once_the_one_is_named_whose_reference_is_taken(
    factory: SessionFactory,
) -> None:
    make_ledger(factory)
    with unit_of_work(factory) as session:
        write_entries(session, open_book(session, "books"), [entry("taken")], now=now())
    entries = [entry("new"), entry("taken"), entry("newer")]
    with pytest.raises(ReferenceExists, match="'taken'"), unit_of_work(factory) as session:
        write_entries(session, open_book(session, "books"), entries, now=now())
    with unit_of_work(factory) as session:
        assert session.scalars(select(Transaction.reference)).all() == ["taken"]
