"""What the database itself keeps of holds: constraints, indexes; and how a broken row is found."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError

from myapp.db import DbSettings, SessionFactory, make_engine, unit_of_work
from myapp.ledger.books import open_book
from myapp.ledger.holds import checks, reading
from myapp.ledger.holds.reading import HoldFilter
from myapp.schema import downgrade, upgrade
from tests.databases import Database
from tests.ledger.books import LEDGER, assert_unbroken, now, post, transfer
from tests.ledger.holding import (
    MINUTE,
    assert_holds_add_up,
    capture,
    fund,
    place,
    show,
    standing,
    void,
)
from tests.ledger.test_query_plans import TABLES

INDEX = "ix_hold_posting_ledger_id_account_id_asset_expires_at"


def execute(factory: SessionFactory, statement: str) -> None:
    with unit_of_work(factory) as session:
        session.execute(text(statement))


@pytest.mark.parametrize(
    "statement", ["UPDATE hold_capture SET number = 2", "DELETE FROM hold_capture WHERE number = 1"]
)
def test_what_captured_a_hold_cannot_be_changed(factory: SessionFactory, statement: str) -> None:
    fund(factory)
    hold = place(factory)
    made = capture(factory, hold.id)
    with pytest.raises(DBAPIError, match="append-only"):
        execute(factory, statement)
    assert show(factory, hold.id).captures == [made.id]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE hold_posting SET remaining = -remaining",
        "UPDATE hold_posting SET remaining = remaining * 2",
        "UPDATE hold_posting SET amount = 0, remaining = 0",
        "UPDATE hold SET status = 'gone'",
        "DELETE FROM hold",
    ],
)
def test_what_a_hold_can_never_be_is_refused(factory: SessionFactory, statement: str) -> None:
    fund(factory)
    place(factory)
    with pytest.raises(DBAPIError):
        execute(factory, statement)
    assert_holds_add_up(factory)


def wrong(factory: SessionFactory) -> tuple[list[Any], list[Any]]:
    with unit_of_work(factory) as session:
        ledger_id = open_book(session, LEDGER).id
        return (
            [tuple(row) for row in session.execute(checks.wrong_pending(ledger_id))],
            [tuple(row) for row in session.execute(checks.wrong_holds(ledger_id))],
        )


def test_a_pending_total_that_nothing_holds_is_found(factory: SessionFactory) -> None:
    fund(factory)
    place(factory, "30")
    execute(factory, "UPDATE balance SET pending_debits = pending_debits + 5 WHERE pending_credits > 0")
    assert wrong(factory) == ([("assets:cash", "USD", 5, 3000, 0, 3000)], [])


def test_a_total_without_any_hold_is_found(factory: SessionFactory) -> None:
    fund(factory)
    execute(factory, "UPDATE balance SET pending_debits = 7 WHERE credits > 0")
    assert wrong(factory) == ([("equity:opening", "USD", 7, 0, 0, 0)], [])


def test_a_hold_that_holds_more_or_less_than_its_status_says_is_found(factory: SessionFactory) -> None:
    fund(factory)
    first, second = place(factory, "1"), place(factory, "2")
    void(factory, second.id)
    execute(factory, "UPDATE hold SET status = 'open' WHERE status = 'voided'")
    execute(factory, f"UPDATE hold SET status = 'captured' WHERE id = '{first.id}'")
    assert wrong(factory) == ([], [(first.id, "captured", "USD", 2, 0), (second.id, "open", "USD", 0, 0)])


def test_a_hold_that_holds_one_side_is_found(factory: SessionFactory) -> None:
    fund(factory)
    hold = place(factory, "1")
    execute(factory, "UPDATE hold_posting SET remaining = 0 WHERE amount > 0")
    execute(factory, "UPDATE balance SET pending_debits = 0")
    assert wrong(factory) == ([], [(hold.id, "open", "USD", 1, -100)])


def test_taking_holds_back_lets_go_of_what_they_held(database: Database) -> None:
    engine = make_engine(DbSettings(engine_options={"url": database.url}))
    factory = SessionFactory(engine)
    fund(factory)
    place(factory, "30")
    capture(factory, place(factory, "30").id)
    engine.dispose()
    downgrade(database.url, "0002")
    upgrade(database.url)
    assert standing(factory).available == standing(factory).balance == "70.00"
    post(factory, transfer("assets:cash", "expenses:food", "70"))
    place(factory, "1", "assets:bank")
    assert_holds_add_up(factory)
    with unit_of_work(factory) as session:
        assert_unbroken(session)
    engine.dispose()


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_no_step_of_a_hold_goes_through_a_whole_table(factory: SessionFactory) -> None:
    fund(factory)
    end = now() + MINUTE
    hold = place(factory, "30", expires_at=end)
    sent: list[tuple[str, Any]] = []

    def keep(conn: Any, cursor: Any, statement: str, parameters: Any, context: Any, executemany: Any) -> None:
        sent.append((statement, parameters))

    event.listen(factory.engine, "before_cursor_execute", keep)
    capture(factory, hold.id, transfer("assets:cash", "expenses:food", "10"), final=False)
    void(factory, place(factory, "1").id)
    standing(factory)
    post(factory, transfer("assets:cash", "expenses:food", "60"))
    place(factory, "30", at=end)
    with unit_of_work(factory) as session:
        reading.listed(
            session, open_book(session, LEDGER), HoldFilter("open", "assets:cash"), now=end, limit=5
        )
    event.remove(factory.engine, "before_cursor_execute", keep)

    steps = []
    with unit_of_work(factory) as session:
        for statement, parameters in sent:
            if statement.startswith(("SELECT", "WITH", "INSERT", "UPDATE")):
                rows = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
                steps += [row.detail for row in rows]
    assert any(INDEX in step for step in steps)
    tables = f"{TABLES}|hold|hold_posting|hold_capture".split("|")
    whole = [step for step in steps for table in tables if step.startswith(f"SCAN {table}")]
    assert [step for step in whole if step.split()[1] in tables] == []
    assert [step for step in steps if "SEARCH hold_posting" in step and step.endswith("(ledger_id=?)")] == []
