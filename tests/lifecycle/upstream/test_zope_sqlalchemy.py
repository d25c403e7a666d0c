"""zope.sqlalchemy 4.1: what it does not see, what it commits, and what it takes for a conflict."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import psycopg
import pytest
import zope.sqlalchemy
from pyramid.response import Response
from sqlalchemy import insert, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from transaction import TransactionManager
from zope.sqlalchemy import datamanager

from tests.lifecycle import witness
from tests.lifecycle.bookcase import Shelf
from tests.lifecycle.site import at
from tests.lifecycle.upstream.conftest import Stock
from tests.lifecycle.writes import core_insert, row, writes_for, writing


def test_the_stock_recipe_loses_every_write_that_is_not_the_orms_own(stock: Stock) -> None:
    """Fact 1: a 200 although nothing was kept."""
    site = stock(writing("/{write}"))
    kept = set()
    for write in writes_for(site.database.dialect):
        before = site.rows()
        assert site.ask(f"/{write}") == 200, write
        kept |= {write} if site.rows() != before else set()
    # Fact 5: in the mode of its own choice, sqlite3 makes a savepoint durable that should be lost as well.
    by_accident = {"in_a_savepoint"} if site.database.dialect == "sqlite" else set()
    assert kept == {"orm_add", "orm_add_and_flush", "orm_insert"} | by_accident


def test_the_read_only_status_commits_a_first_insert_all_the_same(stock: Stock) -> None:
    """Fact 1: the first statement joins the session as changed, before anybody asks for the status."""

    def view(request: Any) -> Response:
        request.dbsession.execute(insert(Shelf), [row("unguarded")])
        return Response()

    site = stock(at("/", view), state=datamanager.STATUS_READONLY)
    assert site.ask("/") == 200
    assert "unguarded" in witness.shelf_names(site.database)


def test_it_commits_exactly_what_has_the_status_changed() -> None:
    assert (datamanager.STATUS_ACTIVE, datamanager.STATUS_CHANGED) == ("active", "changed")
    assert datamanager.STATUS_INVALIDATED is datamanager.STATUS_CHANGED


@pytest.mark.parametrize("sqlstate", ["40000", "40001", "40002", "40003", "40P01"])
def test_it_takes_the_whole_class_40_for_worth_a_retry(sqlstate: str) -> None:
    """Fact 4: after 40003, "statement completion unknown", a repetition may apply a change twice."""
    # Class 40 belongs to OperationalError, whether or not psycopg knows the code by a name.
    original = psycopg.errors.lookup(sqlstate)()
    manager = object.__new__(datamanager.SessionDataManager)
    assert manager.should_retry(DBAPIError("COMMIT", None, original))


COMMITTING = """
import transaction, zope.sqlalchemy
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session
session = Session(create_engine("sqlite://"))
manager = transaction.TransactionManager(explicit=True)
zope.sqlalchemy.register(session, transaction_manager=manager)
manager.begin()
session.execute(text("CREATE TABLE kept (id int)"))
try:
    session.commit()
except AssertionError:
    print("refused")
else:
    print("committed")
"""


@pytest.mark.parametrize(("optimized", "outcome"), [("", "refused"), ("1", "committed")])
def test_an_assertion_is_all_that_stops_a_view_from_committing(optimized: str, outcome: str) -> None:
    """Fact 6: and under `python -O` it is gone."""
    environment = {**os.environ, "PYTHONOPTIMIZE": optimized}
    command = [sys.executable, "-W", "ignore", "-c", COMMITTING]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert (ended.stdout, ended.stderr) == (f"{outcome}\n", "")


def test_the_connections_own_commit_persists_although_the_request_fails(stock: Stock) -> None:
    """Fact 6."""

    def view(request: Any) -> Response:
        core_insert(request.dbsession)
        request.dbsession.connection().commit()
        raise ZeroDivisionError

    site = stock(at("/", view))
    assert isinstance(site.ask("/"), ZeroDivisionError)
    assert "core_insert" in witness.shelf_names(site.database)


def test_a_session_that_is_kept_is_not_rolled_back_by_abort(plain_engine) -> None:
    """Fact 14."""
    manager = TransactionManager(explicit=True)
    manager.begin()
    with Session(plain_engine) as session:
        datamanager.join_transaction(
            session, initial_state=datamanager.STATUS_CHANGED, transaction_manager=manager, keep_session=True
        )
        core_insert(session)
        manager.abort()
        assert session.in_transaction()
        assert session.scalar(text("SELECT count(*) FROM shelf")) == 3


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_it_refuses_a_savepoint_of_the_manager_where_the_driver_is_sqlite(plain_engine) -> None:
    """The reason to offer `dbsession.begin_nested()` instead of `tm.savepoint()`."""
    assert "sqlite" in datamanager.NO_SAVEPOINT_SUPPORT
    manager = TransactionManager(explicit=True)
    manager.begin()
    with Session(plain_engine) as session:
        zope.sqlalchemy.register(session, transaction_manager=manager)
        core_insert(session)
        with pytest.raises(TypeError, match="Savepoints unsupported"):
            manager.savepoint()
        manager.abort()
