"""The journal's rows are append-only: the databases themselves refuse what our code never tries."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from myapp.db import SessionFactory, unit_of_work
from tests.ledger.books import assert_unbroken, make_ledger, post, postings, transfer

CHANGES = [
    "UPDATE txn SET description = 'x'",
    "UPDATE txn SET metadata = metadata WHERE description = ''",
    "UPDATE posting SET amount = -amount",
    "UPDATE posting SET balance = 0 WHERE version = 1",
    "DELETE FROM posting",
    "DELETE FROM posting WHERE version = 1",
    "DELETE FROM txn",
]


def assert_refused(factory: SessionFactory, statement: str) -> None:
    make_ledger(factory)
    post(factory, transfer("assets:cash", "expenses:food", "1"))
    with unit_of_work(factory) as session:
        before = postings(session)
    with pytest.raises(DBAPIError, match="append-only: correct a mistake with a reversal"):
        _execute(factory, statement)
    with unit_of_work(factory) as session:
        assert postings(session) == before
        assert_unbroken(session)


def _execute(factory: SessionFactory, statement: str) -> None:
    with unit_of_work(factory) as session:
        session.execute(text(statement))


@pytest.mark.parametrize("statement", CHANGES)
def test_the_journal_cannot_be_changed(factory: SessionFactory, statement: str) -> None:
    assert_refused(factory, statement)


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
@pytest.mark.parametrize("table", ["txn", "posting"])
def test_the_journal_cannot_be_replaced(factory: SessionFactory, table: str) -> None:
    assert_refused(factory, f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}")


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
@pytest.mark.parametrize("statement", ["TRUNCATE posting", "TRUNCATE txn CASCADE", "TRUNCATE ledger CASCADE"])
def test_the_journal_cannot_be_truncated(factory: SessionFactory, statement: str) -> None:
    assert_refused(factory, statement)
