"""What `myapp.db` leans on in the libraries under it, so that an upgrade which changes it is noticed."""

from __future__ import annotations

import pytest
from pyramid.response import Response
from sqlalchemy import create_engine, event, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.pool import QueuePool
from zope.sqlalchemy import datamanager

from myapp.db import OwnedSession
from myapp.db.dialects import dialect_of
from tests.databases import Database
from tests.lifecycle.bookcase import Book, Shelf
from tests.lifecycle.conftest import Serve
from tests.lifecycle.site import at

USES = {
    "execute": lambda session: session.execute(select(Shelf)),
    "get": lambda session: session.get(Shelf, 1),
    "add": lambda session: session.add(Shelf(name="new")),
    "connection": lambda session: session.connection(),
    "begin_nested": lambda session: session.begin_nested(),
    "bulk_save_objects": lambda session: session.bulk_save_objects([Shelf(name="new")]),
}


@pytest.fixture
def plain_engine(bookcase_database: Database):
    """Make an engine as SQLAlchemy makes it, with one connection and none of our guards."""
    engine = create_engine(bookcase_database.url, poolclass=QueuePool, pool_size=1, max_overflow=0)
    yield engine
    engine.dispose()


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


def test_zope_sqlalchemy_commits_exactly_what_has_the_status_changed() -> None:
    assert (datamanager.STATUS_ACTIVE, datamanager.STATUS_CHANGED) == ("active", "changed")
    assert datamanager.STATUS_INVALIDATED is datamanager.STATUS_CHANGED


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


def test_pyramid_tm_takes_its_mark_away_before_it_ends_the_transaction(serve: Serve) -> None:
    seen = []

    def view(request):
        environ = request.environ
        seen.append("tm.active" in environ)
        request.tm.get().addBeforeCommitHook(lambda: seen.append("tm.active" in environ))
        request.dbsession.connection()
        return Response()

    site = serve(at("/", view))
    assert site.ask("/") == 200
    assert seen == [True, False]


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
def test_postgresql_still_answers_commit_in_a_failed_transaction_with_silence(plain_engine) -> None:
    with Session(plain_engine) as session:
        session.add(Shelf(name="phantom"))
        session.flush()
        with pytest.raises(IntegrityError):
            session.connection().execute(text("INSERT INTO shelf (id, name, visits) VALUES (1, 'x', 0)"))
        session.commit()
        assert session.scalars(select(Shelf.name).where(Shelf.name == "phantom")).all() == []


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_sqlite_still_keeps_its_transaction_when_commit_fails(plain_engine) -> None:
    event.listen(plain_engine, "connect", turn_foreign_keys_on)
    with plain_engine.connect() as connection:
        driver_connection = connection.connection.dbapi_connection
        connection.execute(Book.__table__.insert().values(shelf_id=404))
        with pytest.raises(IntegrityError):
            connection.commit()
        assert dialect_of("sqlite").in_transaction(driver_connection)
        driver_connection.rollback()


def turn_foreign_keys_on(driver_connection, record) -> None:
    driver_connection.execute("PRAGMA foreign_keys = ON")
