"""On SQLite a transaction begins with its first statement, whoever sends it, and never without one."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, event, text
from sqlalchemy.exc import OperationalError

from myapp.db import SessionFactory, unit_of_work
from myapp.db.engine import make_engine
from myapp.db.errors import TransactionPoisoned
from myapp.db.late_begin import LateConnection
from myapp.db.session import OwnedSession
from myapp.db.settings import DbSettings

ADD = "INSERT INTO note (body) VALUES ('x')"
ADD_GIVEN = "INSERT INTO note (body) VALUES (?)"
COUNT = "SELECT count(*) FROM note"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file with one note."""
    path = tmp_path / "notes.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as made:
        made.execute("PRAGMA journal_mode = WAL")
        made.execute("CREATE TABLE note (number INTEGER PRIMARY KEY, body TEXT)")
        made.execute(ADD)
    return path


@pytest.fixture
def other(path: Path) -> Iterator[sqlite3.Connection]:
    """Another program, which waits for no lock."""
    with closing(sqlite3.connect(path, isolation_level=None, timeout=0)) as made:
        yield made


@pytest.fixture
def late(path: Path) -> Iterator[LateConnection]:
    """A connection that has been told to begin."""
    made = sqlite3.connect(path, isolation_level=None, timeout=0, factory=LateConnection)
    with closing(made):
        made.begin_later(lambda: made.execute("BEGIN IMMEDIATE"))
        yield made


@pytest.fixture
def factory(path: Path) -> Iterator[SessionFactory]:
    options = {"url": f"sqlite:///{path}"}
    factory = SessionFactory(make_engine(DbSettings(engine_options=options, lock_timeout_s=0)))
    yield factory
    factory.engine.dispose()


def count(connection: sqlite3.Connection) -> int:
    return int(connection.execute(COUNT).fetchone()[0])


WAYS: dict[str, Callable[[LateConnection], Any]] = {
    "connection.execute": lambda late: late.execute(ADD),
    "connection.executemany": lambda late: late.executemany(ADD_GIVEN, [("x",)]),
    "cursor.execute": lambda late: late.cursor().execute(ADD_GIVEN, ("x",)),
    "cursor.executemany": lambda late: late.cursor().executemany(ADD_GIVEN, [("x",)]),
    "blobopen": lambda late: late.blobopen("note", "body", 1).write(b"y"),
}


@pytest.mark.parametrize("write", WAYS.values(), ids=WAYS.keys())
def test_whatever_writes_begins_and_can_be_undone(
    late: LateConnection, other: sqlite3.Connection, write: Callable[[LateConnection], Any]
) -> None:
    write(late)
    assert late.in_transaction
    late.rollback()
    assert other.execute("SELECT body FROM note").fetchall() == [("x",)]


@pytest.mark.parametrize("of", ["connection", "cursor"])
def test_a_script_commits_what_was_begun_as_it_does_on_any_connection(late: LateConnection, of: str) -> None:
    (late if of == "connection" else late.cursor()).executescript(ADD)
    assert not late.is_begun
    assert count(late) == 2


def test_the_lock_is_free_until_the_first_statement(late: LateConnection, other: sqlite3.Connection) -> None:
    assert late.is_begun
    assert not late.in_transaction
    other.execute(ADD)
    assert count(late) == 2
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        other.execute(ADD)


@pytest.mark.parametrize("factory", [sqlite3.Cursor, type("Other", (sqlite3.Cursor,), {})])
def test_a_cursor_of_another_kind_is_in_the_transaction_too(
    late: LateConnection, other: sqlite3.Connection, factory: type[sqlite3.Cursor]
) -> None:
    late.cursor(factory).execute(ADD)
    late.rollback()
    assert count(other) == 1


@pytest.mark.parametrize("begun", [False, True])
def test_a_transaction_that_is_open_is_not_begun_again(late: LateConnection, begun: bool) -> None:
    if begun:
        late.execute(ADD)
    with pytest.raises(sqlite3.OperationalError, match="within a transaction"):
        late.begin_later(lambda: None)


@pytest.mark.parametrize("end", ["commit", "rollback"])
def test_an_end_takes_the_beginning_back(late: LateConnection, end: str) -> None:
    getattr(late, end)()
    assert not late.is_begun
    late.execute(ADD)
    assert not late.in_transaction


def test_what_could_not_begin_begins_with_the_next_statement(
    late: LateConnection, other: sqlite3.Connection
) -> None:
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        late.execute(ADD)
    assert late.is_begun
    other.execute("COMMIT")
    late.execute(ADD)
    late.rollback()
    assert count(other) == 1


def test_what_was_interrupted_once_it_had_begun_is_begun(late: LateConnection) -> None:
    def begin() -> None:
        late.execute("BEGIN")
        raise KeyboardInterrupt

    late.rollback()
    late.begin_later(begin)
    with pytest.raises(KeyboardInterrupt):
        late.execute(ADD)
    late.execute(ADD)
    assert late.in_transaction


def test_a_session_that_is_about_to_send_its_first_statement_keeps_nobody_waiting(
    factory: SessionFactory, other: sqlite3.Connection
) -> None:
    @event.listens_for(factory.engine, "before_cursor_execute")
    def write_meanwhile(*_: object) -> None:
        other.execute(ADD)

    with unit_of_work(factory) as session:
        session.connection()
        session.execute(text(ADD))
    assert count(other) == 3


def test_a_session_that_sends_nothing_commits_nothing(
    factory: SessionFactory, other: sqlite3.Connection
) -> None:
    other.execute("BEGIN IMMEDIATE")
    with unit_of_work(factory) as session:
        assert session.connection().in_transaction()


@pytest.mark.parametrize(
    "begin",
    [
        lambda session: session.execute(text(ADD)),
        lambda session: session.connection().connection.cursor().execute(ADD),
    ],
    ids=["by the session", "on the driver's connection"],
)
def test_a_failed_beginning_is_not_forgotten_and_what_follows_is_in_a_transaction(
    factory: SessionFactory, other: sqlite3.Connection, begin: Callable[[OwnedSession], Any]
) -> None:
    def go_on(session: OwnedSession) -> None:
        with pytest.raises((OperationalError, sqlite3.OperationalError), match="locked"):
            begin(session)
        other.execute("COMMIT")
        session.execute(text(ADD))

    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(TransactionPoisoned):
        unit_of_work(factory).run(go_on, attempts=1)
    assert count(other) == 1


def test_an_engine_that_makes_its_connections_itself_begins_at_once(
    path: Path, other: sqlite3.Connection
) -> None:
    engine = create_engine(
        f"sqlite:///{path}", creator=lambda: sqlite3.connect(path, check_same_thread=False)
    )
    with unit_of_work(SessionFactory(make_engine(DbSettings(engine=engine)))) as session:
        session.connection()
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute(ADD)
        session.execute(text(ADD))
    assert count(other) == 2
    engine.dispose()


@pytest.mark.parametrize("end", ["commit", "rollback"])
def test_an_end_on_the_drivers_connection_before_the_first_statement_is_found_out(
    factory: SessionFactory, other: sqlite3.Connection, end: str
) -> None:
    def end_and_go_on(session: OwnedSession) -> None:
        getattr(session.connection().connection, end)()
        session.execute(text(ADD))

    with pytest.raises(TransactionPoisoned):
        unit_of_work(factory).run(end_and_go_on, attempts=1)
    assert count(other) == 1
