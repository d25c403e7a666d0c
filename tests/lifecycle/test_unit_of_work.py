"""`unit_of_work` and `throwaway` give scripts the request's contract."""

from __future__ import annotations

import time
from contextlib import closing, suppress
from operator import methodcaller

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from myapp.db import (
    ConcurrencyConflict,
    LifecycleViolation,
    Mode,
    SessionFactory,
    SessionUnavailable,
    TransactionPoisoned,
    throwaway,
    unit_of_work,
)
from tests.databases import Database
from tests.lifecycle import witness
from tests.lifecycle.bookcase import Book, Shelf
from tests.lifecycle.conftest import Serve
from tests.lifecycle.writes import core_insert, writes_for

WAIT_S = 30.0


@pytest.fixture
def site(serve: Serve):
    return serve(sqlalchemy__pool_size="1")


@pytest.fixture
def factory(site) -> SessionFactory:
    return site.registry["dbsession_factory"]


def test_every_way_of_writing_is_kept_at_the_end_of_the_block(site, factory) -> None:
    for name, write in writes_for(site.database.dialect).items():
        before = site.rows()
        with unit_of_work(factory) as session:
            write(session)
            assert site.rows() == before, name
        assert site.rows() != before, name


@pytest.mark.parametrize("error", [ValueError, SystemExit, KeyboardInterrupt, GeneratorExit])
def test_nothing_is_kept_when_the_block_raises(site, factory, error: type[BaseException]) -> None:
    before = site.rows()
    for write in writes_for(site.database.dialect).values():
        with pytest.raises(error):
            write_and_raise(unit_of_work(factory), write, error)
    assert site.rows() == before


def write_and_raise(block, write, error: type[BaseException]) -> None:
    with block as session:
        write(session)
        session.flush()
        raise error


def test_a_commit_that_fails_keeps_nothing_and_leaves_nothing_for_the_next(site, factory) -> None:
    before = site.rows()
    with pytest.raises(DBAPIError), unit_of_work(factory) as session:
        session.add(Book(shelf_id=404))
    with unit_of_work(factory) as session:
        session.add(Shelf(id=404, name="found"))
    assert site.rows() - before == {("shelf", 404, "found", 0)}


def test_a_reader_cannot_write(site, factory) -> None:
    before = site.rows()
    for name, write in writes_for(site.database.dialect).items():
        with pytest.raises(DBAPIError), unit_of_work(factory, mode=Mode.READ) as session:
            write(session)
        assert site.rows() == before, name


def test_a_swallowed_database_error_forbids_the_commit(site, factory) -> None:
    before = site.rows()
    with pytest.raises(TransactionPoisoned):
        write_and_swallow(factory, core_insert, DBAPIError)
    assert site.rows() == before


@pytest.mark.parametrize("name", ["commit", "rollback", "close", "begin"])
def test_a_swallowed_violation_forbids_the_commit(site, factory, name: str) -> None:
    before = site.rows()
    with pytest.raises(LifecycleViolation):
        write_and_swallow(factory, methodcaller(name), LifecycleViolation)
    assert site.rows() == before


def write_and_swallow(factory, offence, error: type[Exception]) -> None:
    with unit_of_work(factory) as session:
        core_insert(session)
        with suppress(error):
            offence(session)


def test_the_session_is_of_no_use_after_the_block(site, factory) -> None:
    with unit_of_work(factory) as session:
        core_insert(session)
    with pytest.raises(SessionUnavailable):
        session.execute(select(Shelf))
    assert len(site.checkouts) == 1


def test_a_throwaway_keeps_its_changes(bookcase_database: Database) -> None:
    with throwaway(bookcase_database.url) as session:
        core_insert(session)
    assert "core_insert" in witness.shelf_names(bookcase_database)


@pytest.mark.parametrize("error", [ValueError, SystemExit])
def test_a_throwaway_that_raises_keeps_nothing(bookcase_database: Database, error) -> None:
    with pytest.raises(error):
        write_and_raise(throwaway(bookcase_database.url), core_insert, error)
    assert "core_insert" not in witness.shelf_names(bookcase_database)


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
def test_a_throwaway_is_connected_for_its_block_alone(bookcase_database: Database) -> None:
    with throwaway(bookcase_database.url, mode=Mode.READ) as session:
        session.scalars(select(Shelf)).all()
        assert witness.sessions_on_server(bookcase_database) == 1
    assert wait_until_alone(bookcase_database)


def wait_until_alone(database: Database) -> bool:
    """Ask until the server has noticed that its client went away, which takes it a moment."""
    deadline_s = time.monotonic() + WAIT_S
    while witness.sessions_on_server(database) > 0:
        if time.monotonic() > deadline_s:
            return False
    return True


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_a_throwaway_takes_its_side_files_along(bookcase_database: Database, tmp_path) -> None:
    with throwaway(bookcase_database.url) as session:
        core_insert(session)
        assert len(list(tmp_path.glob("*.sqlite-*"))) == 2
    assert list(tmp_path.glob("*.sqlite-*")) == []


def test_what_is_run_is_run_again_after_a_conflict(site, factory) -> None:
    sessions = []

    def work(session):
        sessions.append(session)
        session.add(Shelf(name="run"))
        session.flush()
        if len(sessions) < 3:
            # Nothing of a failed attempt is seen by the next one, and no connection is held between the two.
            raise ConcurrencyConflict
        return session.scalars(select(Shelf.name).where(Shelf.name == "run")).one()

    assert unit_of_work(factory).run(work) == "run"
    assert len(set(map(id, sessions))) == 3
    assert [row[2] for row in site.rows() if row[2] == "run"] == ["run"]


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
def test_a_conflict_found_by_commit_is_met_with_another_attempt(serve: Serve) -> None:
    site = serve(sqlalchemy__isolation_level="SERIALIZABLE")
    attempts = []

    def work(session):
        # Write skew: each of the two reads what the other one writes, so no order of them is right.
        attempts.append(session.scalars(select(Shelf.visits).where(Shelf.id == 2)).one())
        session.execute(update(Shelf).where(Shelf.id == 1).values(visits=Shelf.visits + 1))
        if len(attempts) == 1:
            skew(site.database)

    unit_of_work(site.registry["dbsession_factory"]).run(work)
    assert attempts == [0, 1]
    assert (witness.visits(site.database, 1), witness.visits(site.database, 2)) == (1, 1)


def skew(database: Database) -> None:
    """Read the first shelf and write the second, in a transaction of somebody else's."""
    with closing(witness.connect(database)) as other:
        other.execute("BEGIN ISOLATION LEVEL SERIALIZABLE")
        other.execute("SELECT visits FROM shelf WHERE id = 1")
        other.execute("UPDATE shelf SET visits = visits + 1 WHERE id = 2")
        other.execute("COMMIT")


@pytest.mark.parametrize(("error", "calls"), [(ConcurrencyConflict, 2), (ValueError, 1), (SystemExit, 1)])
def test_it_is_run_as_often_as_asked_and_only_after_a_conflict(site, factory, error, calls: int) -> None:
    before, called = site.rows(), []

    def work(session):
        called.append(core_insert(session))
        raise error

    with pytest.raises(error):
        unit_of_work(factory).run(work, attempts=2)
    assert len(called) == calls
    assert site.rows() == before


def test_a_unit_of_work_is_not_entered_twice_at_once(factory) -> None:
    unit = unit_of_work(factory)
    with unit, pytest.raises(RuntimeError):
        unit.__enter__()
    with unit as session:
        assert session.scalars(select(Shelf)).all()


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
def test_a_throwaway_session_has_the_time_that_a_request_has_not(bookcase_database: Database) -> None:
    shown = {}
    with throwaway(bookcase_database.url, mode=Mode.READ) as session:
        for name in ("statement_timeout", "idle_in_transaction_session_timeout", "lock_timeout"):
            shown[name] = session.scalar(text(f"SHOW {name}"))
    assert list(shown.values()) == ["86000s", "86000s", "5s"]
