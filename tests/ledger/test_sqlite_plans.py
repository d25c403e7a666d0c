"""A post on SQLite finds every row by its whole key: its cost does not grow with the ledger."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import event

from myapp.db import SessionFactory, unit_of_work
from tests.ledger.books import make_ledger, post, transfer

TABLES = "account|asset|balance|balance_day|hold_posting|idempotency|posting|txn|txn_metadata"
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
    # A nested loop is a sum, not a product, when the postings come first and each then finds one row.
    (postings, *_) = [number for number, step in enumerate(steps) if step.startswith("SCAN p_rows")]
    assert steps[postings + 1].startswith("SCAN resolved")
