"""A post finds every row by its whole key: its cost grows with what it posts, not with the ledger."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import event

from myapp.db import SessionFactory, unit_of_work
from tests.ledger.books import make_ledger, open_account, post, transfer

TABLES = "account|asset|balance|balance_day|balance_month|hold_posting|idempotency|posting|txn|txn_metadata"
WHOLE_LEDGER = re.compile(rf"SCAN ({TABLES})\b|SEARCH ({TABLES}) .*\(ledger_id=\?\)")


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_no_statement_of_a_post_goes_through_the_whole_ledger(factory: SessionFactory) -> None:
    make_ledger(factory)
    post(factory, transfer("assets:cash", "expenses:food", "1"))
    sent: list[tuple[str, Any]] = []

    def keep(conn: Any, cursor: Any, statement: str, parameters: Any, context: Any, executemany: Any) -> None:
        sent.append((statement, parameters))

    event.listen(factory.engine, "before_cursor_execute", keep)
    post(factory, transfer("assets:cash", "expenses:food", "1"))
    event.remove(factory.engine, "before_cursor_execute", keep)

    steps = []
    with unit_of_work(factory) as session:
        for statement, parameters in sent:
            if statement.startswith(("SELECT", "WITH", "INSERT")):
                rows = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
                steps += [row.detail for row in rows]
    assert any("SEARCH balance USING PRIMARY KEY" in step for step in steps)
    assert [step for step in steps if WHOLE_LEDGER.search(step)] == []
    # A nested loop is a sum, not a product, when the postings or the days come first and each finds one row.
    for first in ("SCAN p_rows", "SCAN d_rows", "SCAN m_rows"):
        (begun, *_) = [number for number, step in enumerate(steps) if step.startswith(first)]
        assert steps[begun + 1].startswith("SEARCH landed USING AUTOMATIC COVERING INDEX")
    for joined in ("own", "times"):
        assert [step for step in steps if step.startswith(f"SCAN {joined} ")] == []
        assert [step for step in steps if step.startswith(f"SEARCH {joined} USING AUTOMATIC")]


def plan_of_a_post(factory: SessionFactory) -> list[str]:
    """Return the lines of PostgreSQL's plan for the one statement of a post."""
    make_ledger(factory)
    open_account(factory, "assets:cash", limits={"USD": {"min": "-9", "max": "9"}})
    sent: list[tuple[str, Any]] = []

    def keep(conn: Any, cursor: Any, statement: str, parameters: Any, context: Any, executemany: Any) -> None:
        sent.append((statement, parameters))

    event.listen(factory.engine, "before_cursor_execute", keep)
    post(factory, transfer("assets:cash", "expenses:food", "1"))
    event.remove(factory.engine, "before_cursor_execute", keep)

    (statement, parameters) = next(each for each in sent if "INSERT INTO balance" in each[0])
    with unit_of_work(factory) as session:
        return [*session.connection().exec_driver_sql(f"EXPLAIN {statement}", parameters).scalars()]


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
def test_no_part_of_a_post_is_asked_again_for_each_row(factory: SessionFactory) -> None:
    plan = plan_of_a_post(factory)
    # An InitPlan runs once; a SubPlan for each row, and each time through all the others.
    assert [step for step in plan if "InitPlan" in step]
    assert [step for step in plan if "SubPlan" in step] == []


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
def test_all_that_a_post_reads_as_json_is_read_before_a_balance_is_locked(factory: SessionFactory) -> None:
    plan = "\n".join(plan_of_a_post(factory))
    locking = plan.partition("CTE upserted")[2].partition("\n  CTE ")[0]
    read = set(re.findall(r"CTE (\w+_given)", plan))
    assert len(read) == 4
    # Counted by what is asked once before the first row: PostgreSQL makes a CTE when it is first read.
    assert set(re.findall(r"CTE Scan on (\w+_given)", locking)) == read
    assert "json_to_recordset" not in plan.partition("CTE upserted")[2]
