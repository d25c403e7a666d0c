"""Reads go by key: to where a page begins, to the version that was known, to the postings."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from myapp.db import SessionFactory, unit_of_work
from myapp.ledger import accounts, balances, statements, transactions
from myapp.ledger.asof import AsOf, Scope, nets
from myapp.ledger.balances import Selection
from myapp.ledger.books import Book, open_book
from myapp.ledger.journal_rows import JournalRows, Order
from myapp.ledger.reports import income_statement
from myapp.ledger.reports.periods import Period
from myapp.ledger.statements import Place, StatementFilter
from myapp.ledger.transactions import TransactionFilter
from tests.ledger.books import LEDGER, make_ledger, now, post, transfer

MOMENT = datetime(2026, 1, 5, tzinfo=UTC)
NOON = timedelta(hours=12)
LATE = MOMENT + timedelta(days=400_000, microseconds=-1)
BY_DAY, BY_MONTH = (f"ix_posting_ledger_id_account_id_asset_{each}_version" for each in ("day", "month"))
INDEX = "ix_posting_by_time"
SCAN = re.compile(r"SCAN (account|asset|balance|balance_day|balance_month|posting|txn)\b")
KEY = "ledger_id=? AND account_id=? AND asset=?"
# A part of a day, whose postings need not be looked at.
OF_EDGE = (
    f"SEARCH posting USING COVERING INDEX {INDEX} ({KEY} AND (effective_at,version)>(?,?) AND effective_at<?)"
)
AFTER = Place(MOMENT, 3, 0, 9, 0, 0)
# Where the index is entered: with no lower bound, at the range's first instant, behind the last line seen.
ENTERED = [
    (None, None, f"({KEY})"),
    (MOMENT, None, f"({KEY} AND effective_at>?)"),
    (MOMENT, AFTER, f"({KEY} AND (effective_at,version)>(?,?))"),
]


def plan_of(factory: SessionFactory, read: Callable[[Session, Book], object]) -> list[str]:
    """Return the steps of all the statements that a reading sends."""
    sent: list[tuple[str, Any]] = []

    def keep(conn: Any, cursor: Any, statement: str, parameters: Any, context: Any, executemany: Any) -> None:
        sent.append((statement, parameters))

    with unit_of_work(factory) as session:
        book = open_book(session, LEDGER, ["USD"])
        event.listen(factory.engine, "before_cursor_execute", keep)
        read(session, book)
        event.remove(factory.engine, "before_cursor_execute", keep)
        connection = session.connection()
        return [
            row.detail
            for statement, parameters in sent
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("first", "after", "entered"), ENTERED)
def test_a_page_follows_the_index_of_effective_order(
    factory: SessionFactory, first: datetime | None, after: Place | None, entered: str
) -> None:
    make_ledger(factory)
    for _ in range(3):
        post(factory, transfer("assets:cash", "expenses:food", "1"))
    wanted = StatementFilter("assets:cash", "USD", first)
    steps = plan_of(
        factory, lambda session, book: statements.read(session, book, wanted, limit=2, after=after)
    )
    assert f"SEARCH posting USING INDEX {INDEX} {entered}" in steps, steps
    assert [step for step in steps if SCAN.match(step)] == []
    assert [step for step in steps if "TEMP B-TREE FOR ORDER BY" in step] == [], steps


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
@pytest.mark.parametrize("of_an_account", [False, True])
def test_what_was_known_is_found_by_version_and_never_summed(
    factory: SessionFactory, of_an_account: bool
) -> None:
    make_ledger(factory)
    post(factory, transfer("assets:cash", "expenses:food", "1"))
    as_of = AsOf(known_at=MOMENT)

    def read(session: Session, book: Book) -> object:
        if of_an_account:
            return accounts.find(session, LEDGER, "assets:cash", as_of, now=MOMENT)
        return balances.listed(session, book, Selection(as_of=as_of), limit=2)

    steps = plan_of(factory, read)
    assert [step for step in steps if re.search("balance_(day|month)", step)] == []
    assert {step for step in steps if re.search(r"\bposting\b", step)} == {
        f"SEARCH posting USING PRIMARY KEY ({KEY} AND version<?)"
    }


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
@pytest.mark.parametrize("as_of", [AsOf(LATE, LATE), AsOf(LATE + NOON, LATE, MOMENT + NOON)])
def test_what_was_known_of_days_and_months_is_found_by_version_and_never_summed(
    factory: SessionFactory, as_of: AsOf
) -> None:
    make_ledger(factory)
    post(factory, transfer("assets:cash", "expenses:food", "1"))
    steps = plan_of(
        factory, lambda session, book: accounts.find(session, LEDGER, "assets:cash", as_of, now=MOMENT)
    )
    assert {step for step in steps if re.search(r"\bposting\b", step)} == {
        f"SEARCH posting USING PRIMARY KEY ({KEY} AND version<?)",
        f"SEARCH posting USING INDEX {BY_DAY} ({KEY} AND (day,version)<(?,?))",
        f"SEARCH posting USING INDEX {BY_MONTH} ({KEY} AND (month,version)<(?,?))",
        *({OF_EDGE} if as_of.since else set()),
    }
    assert [step for step in steps if SCAN.match(step)] == []


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_an_account_within_a_day_reads_the_postings_of_that_day_alone(factory: SessionFactory) -> None:
    make_ledger(factory)
    post(factory, transfer("assets:cash", "expenses:food", "1"))
    noon = AsOf(LATE - NOON)
    steps = plan_of(
        factory, lambda session, book: accounts.find(session, LEDGER, "assets:cash", noon, now=MOMENT)
    )
    assert {step for step in steps if re.search(r"\bposting\b", step)} == {OF_EDGE}


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
def test_on_postgresql_the_indexes_by_day_and_month_are_entered_at_version(factory: SessionFactory) -> None:
    make_ledger(factory)
    post(factory, transfer("assets:cash", "expenses:food", "1"))
    with unit_of_work(factory) as session:
        steps = explained(session, Scope(open_book(session, LEDGER, ["USD"]).id), AsOf(LATE, LATE))
    for index, period in ((BY_DAY, "day"), (BY_MONTH, "month")):
        (entered,) = [number for number, step in enumerate(steps) if index in step]
        assert "Index Scan Backward" in steps[entered]
        assert f"(ROW({period}, version) <= ROW(" in steps[entered + 1]


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
def test_on_postgresql_versions_are_found_by_key_before_anything_is_known_of_the_table(
    factory: SessionFactory,
) -> None:
    make_ledger(factory)
    post(factory, transfer("assets:cash", "expenses:food", "1"))
    with unit_of_work(factory) as session:
        steps = explained(session, Scope(open_book(session, LEDGER, ["USD"]).id), AsOf(known_at=LATE))
    found = [step for step in steps if re.search("posting", step)]
    assert len(found) == 2, "One look at each halving, and one at the version that was known."
    assert all("Index Scan Backward using pk_posting" in step for step in found)


def explained(session: Session, scope: Scope, as_of: AsOf) -> Sequence[str]:
    """Return how PostgreSQL answers a question."""
    question = nets(scope, as_of)
    # Tables of two rows are read whole; with more rows it is this plan that PostgreSQL prefers.
    for way in ("seqscan", "bitmapscan", "sort"):
        session.execute(text(f"SELECT set_config('enable_{way}', 'off', true)"))
    given = question.statement.params(**question.parameters)
    sent = given.compile(session.connection(), compile_kwargs={"literal_binds": True})
    return session.connection().exec_driver_sql(f"EXPLAIN {sent}").scalars().all()


LAST_INSTANT = timedelta(days=1) - timedelta(microseconds=1)


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_a_report_of_whole_days_reads_no_posting_and_no_other_days(factory: SessionFactory) -> None:
    make_ledger(factory)
    post(factory, transfer("assets:cash", "expenses:food", "1"))
    period = Period(MOMENT, MOMENT + timedelta(days=69) + LAST_INSTANT)
    steps = plan_of(factory, lambda session, book: income_statement.read(session, book, period))
    assert {step for step in steps if re.search(r"\bbalance_(day|month)\b", step)} == {
        f"SEARCH balance_{each} USING PRIMARY KEY ({KEY} AND {each}>? AND {each}<?)"
        for each in ("day", "month")
    }
    assert [step for step in steps if re.search(r"\b(posting|txn)\b", step)] == []


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_a_report_of_parts_of_days_reads_the_postings_of_those_days_alone(factory: SessionFactory) -> None:
    make_ledger(factory)
    post(factory, transfer("assets:cash", "expenses:food", "1"))
    period = Period(MOMENT + NOON, MOMENT + 9 * LAST_INSTANT)
    steps = plan_of(factory, lambda session, book: income_statement.read(session, book, period))
    assert {step for step in steps if re.search(r"\b(posting|txn)\b", step)} == {OF_EDGE}


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("order", "time"), [("recorded", "recorded_at"), ("effective", "effective_at")])
def test_an_export_follows_the_journal_and_sorts_no_more_than_one_moment(
    factory: SessionFactory, order: Order, time: str
) -> None:
    make_ledger(factory)
    post(factory, transfer("assets:cash", "expenses:food", "1"))

    def read(session: Session, book: Book) -> None:
        rows = JournalRows(
            lambda statement: iter(session.execute(statement).all()), book.id, native=False, now=now()
        )
        assert [len(postings) for _, postings in rows.transactions(order)] == [2]

    steps = plan_of(factory, read)
    assert [step for step in steps if step.endswith(f"INDEX ix_txn_ledger_id_{time}_id (ledger_id=?)")], steps
    (found,) = (step for step in steps if re.search(r"\bposting\b", step))
    assert "(ledger_id=? AND txn_id=? AND position>?)" in found, steps
    # Sorting the whole of it, SQLite would keep the whole of it in memory.
    assert not {step for step in steps if step == "USE TEMP B-TREE FOR ORDER BY"}


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_the_journal_of_an_asset_is_found_without_listing_its_postings(factory: SessionFactory) -> None:
    make_ledger(factory)
    post(factory, transfer("assets:cash", "expenses:food", "1"))
    wanted = TransactionFilter(asset="USD")
    steps = plan_of(factory, lambda session, book: transactions.listed(session, book, wanted, limit=2))
    assert [step for step in steps if "LIST SUBQUERY" in step] == []
    assert [step for step in steps if "(ledger_id=? AND txn_id=? AND position>?)" in step], steps
