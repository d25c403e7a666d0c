"""SQLAlchemy 2.1: the doors through which a session passes, its events, and what its pool resets."""

from __future__ import annotations

import weakref
from typing import Any

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import Session

from myapp.db import OwnedSession
from myapp.db.dialects import dialect_of
from tests.lifecycle.bookcase import Shelf
from tests.lifecycle.forking import in_child
from tests.lifecycle.writes import core_insert

ON_POSTGRESQL = pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)

USES = {
    "execute": lambda session: session.execute(select(Shelf)),
    "get": lambda session: session.get(Shelf, 1),
    "add": lambda session: session.add(Shelf(name="new")),
    "connection": lambda session: session.connection(),
    "begin_nested": lambda session: session.begin_nested(),
    "bulk_save_objects": lambda session: session.bulk_save_objects([Shelf(name="new")]),
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
def test_every_use_of_a_session_passes_one_of_the_two_private_methods(plain_engine, use) -> None:
    passed = []

    class Watched(Session):
        def _autobegin_t(self, begin=False):
            passed.append("_autobegin_t")
            return super()._autobegin_t(begin)

        def _connection_for_bind(self, *args, **options):
            passed.append("_connection_for_bind")
            return super()._connection_for_bind(*args, **options)

    with Watched(plain_engine) as session:
        use(session)
        assert passed


@pytest.mark.parametrize("name", ["_autobegin_t", "_connection_for_bind"])
def test_the_private_methods_exist_and_are_overridden(name: str) -> None:
    assert callable(getattr(Session, name))
    assert getattr(OwnedSession, name) is not getattr(Session, name)


def test_a_flush_that_gets_no_connection_passes_the_session_by(plain_engine) -> None:
    """Its error is found in the transaction, which is inactive from then on."""
    passed = []

    class Watched(Session):
        def _connection_for_bind(self, *args, **options):
            passed.append("_connection_for_bind")
            return super()._connection_for_bind(*args, **options)

    with Watched(plain_engine) as session:
        event.listen(plain_engine, "begin", refuse)
        session.add(Shelf(name="new"))
        with pytest.raises(ZeroDivisionError):
            session.flush()
        assert (passed, session.is_active) == ([], False)
        assert isinstance(session.get_transaction()._rollback_exception, ZeroDivisionError)


def refuse(connection: Any) -> None:
    raise ZeroDivisionError


def test_savepoints_are_announced_without_a_name_and_numbered_from_one(plain_engine) -> None:
    seen = []
    event.listen(plain_engine, "savepoint", lambda connection, name: seen.append(name))
    event.listen(plain_engine, "rollback_savepoint", lambda connection, name, context: seen.append(name))
    event.listen(plain_engine, "release_savepoint", lambda connection, name, context: seen.append(name))
    with Session(plain_engine) as session:
        with session.begin_nested(), session.begin_nested() as inner:
            session.execute(text("SELECT 1"))
            inner.rollback()
        with session.begin_nested():
            session.execute(text("SELECT 1"))
    assert seen == [None, None, "sa_savepoint_2", "sa_savepoint_1", None, "sa_savepoint_3"]


def test_the_execution_options_of_a_session_reach_the_begin_event(plain_engine) -> None:
    seen = []
    event.listen(plain_engine, "begin", lambda connection: seen.append(connection.get_execution_options()))
    with Session(plain_engine, execution_options={"mark": 1}) as session:
        session.execute(text("SELECT 1"))
    assert [options["mark"] for options in seen] == [1]


def test_raising_before_commit_leaves_the_driver_in_its_transaction(plain_engine) -> None:
    """Whoever raises in the event must have rolled back: the pool skips its reset."""
    event.listen(plain_engine, "commit", refuse)
    in_transaction = dialect_of(plain_engine.dialect.name).in_transaction
    with Session(plain_engine) as session:
        core_insert(session)
        driver = session.connection().connection.dbapi_connection
        with pytest.raises(ZeroDivisionError):
            session.commit()
    assert plain_engine.pool.checkedout() == 0
    assert in_transaction(driver)
    driver.rollback()


def test_a_closed_session_begins_anew_unless_told_otherwise(plain_engine) -> None:
    """Fact 7: a use after the end would check out a connection that nobody gives back."""
    reused = Session(plain_engine)
    reused.close()
    assert reused.scalar(text("SELECT 1")) == 1
    reused.close()
    closed = Session(plain_engine, close_resets_only=False)
    closed.close()
    with pytest.raises(InvalidRequestError):
        closed.scalar(text("SELECT 1"))


def test_a_rollback_by_the_view_is_forgotten_by_the_next_statement(plain_engine) -> None:
    """Fact 6: what was written before is lost, and nobody is told."""
    with Session(plain_engine) as session:
        core_insert(session)
        session.rollback()
        assert session.scalar(text("SELECT count(*) FROM shelf")) == 2


@ON_POSTGRESQL
def test_isolation_and_readonly_are_reset_when_the_connection_comes_back(plain_engine) -> None:
    """Fact 10: these two do not leak, whatever asked for them."""
    options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with Session(plain_engine, execution_options=options) as session:
        driver = session.connection().connection.dbapi_connection
        assert (driver.isolation_level.name, driver.read_only) == ("REPEATABLE_READ", True)
    with plain_engine.connect() as connection:
        assert connection.connection.dbapi_connection is driver
        shown = [connection.scalar(text(f"SHOW transaction_{name}")) for name in ("isolation", "read_only")]
    assert shown == ["read committed", "off"]


@ON_POSTGRESQL
@pytest.mark.parametrize("disposes", [False, True])
def test_a_forked_child_shares_the_pool_unless_it_disposes_of_it(plain_engine, disposes: bool) -> None:
    """Fact 11."""

    def backend() -> int:
        with plain_engine.connect() as connection:
            return int(connection.scalar(text("SELECT pg_backend_pid()")))

    def work() -> int:
        if disposes:
            plain_engine.dispose(close=False)
        return backend()

    ours = backend()
    assert (in_child(work) == ours) is not disposes
    assert backend() == ours


def test_what_refers_to_the_request_makes_a_cycle_that_only_the_collector_ends(plain_engine) -> None:
    """Fact 13: so the owner refers to neither the request nor the session."""
    assert outlives_its_request(lambda request: {"request": request})
    assert not outlives_its_request(lambda request: {"request": weakref.ref(request)})


class Request:
    """What holds its session, as Pyramid's request does."""


def outlives_its_request(info: Any) -> bool:
    request = Request()
    request.dbsession = Session(info=info(request))
    session = weakref.ref(request.dbsession)
    del request
    return session() is not None
