"""Writers on SQLite take turns: nobody waits while everybody else writes, and no turn is lost."""

from __future__ import annotations

import gc
import os
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from pyramid_retry import IRetryableError
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import IntegrityError, OperationalError

from myapp.db import SessionFactory, unit_of_work
from myapp.db.engine import make_engine
from myapp.db.owner import Mode
from myapp.db.settings import DbSettings
from myapp.db.shared import LOCK_FILE, SharedNumbers
from myapp.db.turns import Turn, _Line
from tests.lifecycle.forking import child_that, end, in_child, in_children

THREADS = 8
PROCESSES = 3
THREADS_EACH = 3
LONG_S = 10.0
WRITES_EACH = 100
ADD = text("INSERT INTO note DEFAULT VALUES")
_LATE = "DEFERRABLE INITIALLY DEFERRED"


@pytest.fixture
def factory(tmp_path: Path) -> Iterator[SessionFactory]:
    options = {"url": f"sqlite:///{tmp_path}/notes.sqlite"}
    factory = SessionFactory(make_engine(DbSettings(engine_options=options)))
    with unit_of_work(factory) as session:
        session.execute(text("CREATE TABLE note (number INTEGER PRIMARY KEY)"))
        # What it refers to is looked for by COMMIT and by nothing before it.
        session.execute(text(f"CREATE TABLE answer (number INTEGER REFERENCES note {_LATE})"))
    yield factory
    factory.engine.dispose()


@pytest.fixture
def hasty(tmp_path: Path, factory: SessionFactory) -> Iterator[SessionFactory]:
    """Whose writers give up at once; two of them on one thread would wait for each other."""
    options = {"url": f"sqlite:///{tmp_path}/notes.sqlite"}
    hasty = SessionFactory(make_engine(DbSettings(engine_options=options, lock_timeout_s=0)))
    yield hasty
    hasty.engine.dispose()


def add(factory: SessionFactory) -> None:
    with unit_of_work(factory) as session:
        session.execute(ADD)


def test_nobody_waits_while_all_others_write_and_write(factory: SessionFactory) -> None:
    written: list[int] = []

    def write(number: int) -> int:
        """Return how many writes of others there were at most between asking and being let in."""
        longest = 0
        for _ in range(WRITES_EACH):
            before = len(written)
            with unit_of_work(factory) as session:
                session.execute(ADD)
                longest = max(longest, len(written) - before)
                written.append(number)
        return longest

    with ThreadPoolExecutor(THREADS) as threads:
        longest = max(threads.map(write, range(THREADS)))
    assert len(written) == THREADS * WRITES_EACH
    # Each of the others once; and a little, because one may come late to where it asks.
    assert longest < 4 * THREADS


def test_no_process_waits_while_all_others_write_and_write(factory: SessionFactory) -> None:
    numbers = SharedNumbers(["ready", "written"])

    def add_one(name: str) -> float:
        with numbers.lock:
            numbers[name] += 1
            return numbers[name]

    def write_in_threads() -> float:
        add_one("ready")
        while numbers["ready"] < PROCESSES:
            os.sched_yield()
        with ThreadPoolExecutor(THREADS_EACH) as threads:
            return max(threads.map(lambda _: write(), range(THREADS_EACH)))

    def write() -> float:
        """Return how many writes of others there were at most between asking and being let in."""
        longest = 0.0
        for _ in range(WRITES_EACH):
            before = numbers["written"]
            with unit_of_work(factory) as session:
                session.execute(ADD)
                longest = max(longest, add_one("written") - 1 - before)
        return longest

    longest = max(in_children(PROCESSES, write_in_threads))
    assert numbers["written"] == PROCESSES * THREADS_EACH * WRITES_EACH
    assert longest < PROCESSES * THREADS_EACH * WRITES_EACH / 4


@pytest.fixture
def interrupted(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let the next call to the lock's file be interrupted, before it has begun or when it is done."""

    def interrupt(name: str, *, done: bool) -> None:
        real = getattr(LOCK_FILE, name)

        def once(byte: int) -> Any:
            monkeypatch.setattr(LOCK_FILE, name, real)
            if done:
                real(byte)
            raise KeyboardInterrupt

        monkeypatch.setattr(LOCK_FILE, name, once)

    return interrupt


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("call", ["try_lock", "unlock"])
def test_an_interrupted_turn_is_nobodys(interrupted: Callable[..., None], call: str, done: bool) -> None:
    turn, ours, others = Turn(), object(), object()
    # From the first fork on there is the file.
    in_child(lambda: None)

    def take_and_leave(connection: object) -> None:
        turn.take(connection, 0)
        turn.leave(connection)

    interrupted(call, done=done)
    with pytest.raises(KeyboardInterrupt):
        take_and_leave(ours)
    assert in_child(lambda: take_and_leave(others)) is None
    take_and_leave(others)


def test_another_processs_writer_has_its_turn_until_its_process_ends(
    hasty: SessionFactory,
) -> None:
    with child_that(lambda: hasty(Mode.WRITE).execute(ADD)) as killed:
        with pytest.raises(OperationalError, match="database is locked"):
            add(hasty)
        end(killed)
        add(hasty)


def test_a_second_writer_of_the_process_is_told_in_sqlites_words(hasty: SessionFactory) -> None:
    with unit_of_work(hasty) as session:
        session.execute(ADD)
        with pytest.raises(OperationalError, match="database is locked") as refused:
            add(hasty)
    assert refused.value.orig.sqlite_errorcode == sqlite3.SQLITE_BUSY  # type: ignore[union-attr]
    # It has waited as long as one may, and another attempt would wait as long again.
    assert not IRetryableError.providedBy(refused.value)
    add(hasty)


def test_readers_wait_for_nobody(hasty: SessionFactory) -> None:
    with unit_of_work(hasty) as session:
        session.execute(ADD)
        with unit_of_work(hasty, mode=Mode.READ) as reader:
            assert reader.scalar(text("SELECT count(*) FROM note")) == 0


def test_an_engine_that_had_connected_before_it_was_handed_in_is_set_up(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/notes.sqlite")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE note (number INTEGER PRIMARY KEY)"))
    factory = SessionFactory(make_engine(DbSettings(engine=engine)))
    with unit_of_work(factory) as session:
        session.execute(ADD)
        assert session.scalar(text("SELECT foreign_keys FROM pragma_foreign_keys")) == 1
    engine.dispose()


def test_a_turn_ends_with_a_rollback(hasty: SessionFactory) -> None:
    def fail() -> None:
        with unit_of_work(hasty) as session:
            session.execute(ADD)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    add(hasty)


def test_a_turn_ends_with_a_transaction_that_could_not_begin(hasty: SessionFactory, tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "notes.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(OperationalError, match="database is locked"):
        add(hasty)
    other.execute("COMMIT")
    other.close()
    add(hasty)


def test_a_turn_ends_with_a_commit_that_fails(hasty: SessionFactory) -> None:
    with pytest.raises(IntegrityError), unit_of_work(hasty) as session:
        session.execute(text("INSERT INTO answer VALUES (2)"))
    add(hasty)


def test_a_turn_ends_with_a_session_that_nobody_ended(hasty: SessionFactory) -> None:
    session = hasty(Mode.WRITE)
    session.execute(ADD)
    del session
    gc.collect()
    add(hasty)


class Meddling(deque[Any]):
    """A queue in whose midst the garbage collector finds a lost connection that has the turn."""

    def __init__(self, line: _Line) -> None:
        super().__init__()
        self._line = line

    def append(self, waiting: Any) -> None:
        self._line.leave()
        super().append(waiting)


def test_a_turn_may_end_while_its_own_thread_asks_for_the_next() -> None:
    line = _Line()
    assert line.enter(0)
    line._waiting = Meddling(line)
    # In a thread of its own, because it would wait for itself.
    entered: list[bool] = []
    asking = threading.Thread(target=lambda: entered.append(line.enter(0)), daemon=True)
    asking.start()
    asking.join(LONG_S)
    assert entered == [True]


@pytest.mark.parametrize("wait_s", [-0.5, 1e300])
def test_who_cannot_wait_is_waited_for_by_nobody(wait_s: float) -> None:
    line = _Line()
    assert line.enter(0)
    with pytest.raises((ValueError, OverflowError)):
        line.enter(wait_s)
    line.leave()
    assert line.enter(0)


@pytest.mark.parametrize("end", [Connection.commit, Connection.rollback])
def test_a_turn_ends_before_its_connection_comes_back(
    hasty: SessionFactory, end: Callable[[Connection], None]
) -> None:
    with hasty.engine.connect() as connection:
        connection.execute(ADD)
        end(connection)
        add(hasty)


@pytest.mark.parametrize("give_up", [Connection.invalidate, Connection.detach])
def test_a_turn_ends_with_its_connection(
    hasty: SessionFactory, give_up: Callable[[Connection], None]
) -> None:
    with hasty.engine.connect() as connection:
        connection.execute(ADD)
        give_up(connection)
    add(hasty)


def test_a_forked_child_does_not_inherit_the_turn_of_its_parent() -> None:
    held, (asked, asking) = threading.Event(), os.pipe()
    turn, connection = Turn(), object()

    def hold() -> None:
        turn.take(connection, 0)
        held.set()
        os.read(asked, 1)
        turn.leave(connection)

    def ask() -> None:
        os.write(asking, b".")
        turn.take(object(), LONG_S)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()
    assert in_child(ask) is None
    thread.join()
    os.close(asked)
    os.close(asking)


def test_only_who_has_the_turn_can_leave_it() -> None:
    turn, first, second = Turn(), object(), object()
    turn.take(first, 0)
    for other in (second, None):
        turn.leave(other)
        with pytest.raises(sqlite3.OperationalError):
            turn.take(second, 0)
    turn.leave(first)
    turn.leave(first)
    turn.take(second, 0)


def test_who_has_the_turn_never_waits_for_it() -> None:
    turn, first, second = Turn(), object(), object()
    turn.take(first, 0)
    turn.take(first, 0)
    turn.leave(first)
    turn.take(second, 0)
