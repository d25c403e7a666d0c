"""Real conflicts with another writer, each met once, at the place where it is asked for.

An attempt adds one book; the other writer adds ten visits to a shelf. So one book and ten visits are what
must be there in the end, however many attempts it took.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import closing
from typing import Any, ClassVar

from sqlalchemy import event, insert, update
from sqlalchemy.orm import Session

from tests.lifecycle import witness
from tests.lifecycle.bookcase import Book, Shelf
from tests.lifecycle.site import Site

PLACES = ("statement", "flush", "COMMIT")
VISITS = 10
ADD_VISITS = f"UPDATE shelf SET visits = visits + {VISITS} WHERE id = {{}}"
WAIT_S = 30.0


class Serialization:
    """PostgreSQL's 40001: somebody else's transaction commits in the middle of ours."""

    dialect = "postgresql"
    code = "40001"
    settings: ClassVar[dict[str, str]] = {"sqlalchemy__isolation_level": "SERIALIZABLE"}

    def __init__(self, place: str, shelf_id: int = 2) -> None:
        self.place = place
        self.shelf_id = shelf_id

    def prepare(self, site: Site) -> None:
        self.database = site.database

    def attempt(self, session: Session, *, first: bool) -> None:
        session.add(Book(shelf_id=1))
        session.get_one(Shelf, self.shelf_id)
        if self.place == "COMMIT":
            # Write skew: each of the two reads what the other one writes, so no order of them is right.
            session.flush()
        if first:
            self._interfere()
        write_at(self.place, session)

    def give_way(self) -> None:
        """Have nothing to do: the other has committed already."""

    def close(self) -> None:
        """Have nothing to close."""

    def _interfere(self) -> None:
        with closing(witness.connect(self.database)) as other:
            other.execute("BEGIN ISOLATION LEVEL SERIALIZABLE")
            other.execute("SELECT * FROM book")
            other.execute(ADD_VISITS.format(self.shelf_id))
            other.execute("COMMIT")


class Deadlock:
    """PostgreSQL's 40P01: each of two transactions waits for the other, and the server ends ours."""

    dialect = "postgresql"
    code = "40P01"
    settings: ClassVar[dict[str, str]] = {}

    def __init__(self, place: str) -> None:
        self.place = place

    def prepare(self, site: Site) -> None:
        """Lock the second shelf for the other writer, who leaves it to us to find the deadlock."""
        self.database = site.database
        with closing(witness.connect(self.database)) as owner:
            name = owner.info.dbname
            owner.execute(f'ALTER DATABASE "{name}" SET deadlock_timeout = 10')
        self.other = witness.connect(self.database)
        self.other.execute("SET deadlock_timeout = '1h'")
        self.other.execute("BEGIN")
        self.other.execute("SELECT * FROM shelf WHERE id = 2 FOR UPDATE")

    def attempt(self, session: Session, *, first: bool) -> None:
        session.execute(update(Shelf).where(Shelf.id == 1).values(visits=Shelf.visits))
        if first:
            self._let_the_other_wait_for_us()
        # To check the book's shelf at COMMIT, PostgreSQL locks the shelf's row.
        session.add(Book(shelf_id=2 if self.place == "COMMIT" else 1))
        write_at(self.place, session)

    def give_way(self) -> None:
        """Wait until the other has committed: the next attempt must not meet the same deadlock."""
        self.thread.join(WAIT_S)

    def close(self) -> None:
        self.other.close()

    def _let_the_other_wait_for_us(self) -> None:
        self.thread = threading.Thread(target=self._write_and_commit, daemon=True)
        self.thread.start()
        with closing(witness.connect(self.database)) as observer:
            until(lambda: waits_for_a_lock(observer, self.other.info.backend_pid))

    def _write_and_commit(self) -> None:
        self.other.execute(ADD_VISITS.format(1))
        self.other.execute("COMMIT")


class Busy:
    """SQLite's BUSY: another connection holds the lock that BEGIN IMMEDIATE, or COMMIT, must have."""

    dialect = "sqlite"
    code = sqlite3.SQLITE_BUSY
    settings: ClassVar[dict[str, str]] = {"db__lock_timeout_s": "0.02", "sqlalchemy__pool_size": "1"}

    def __init__(self, place: str, shelf_id: int = 2) -> None:
        self.place = place
        self.shelf_id = shelf_id

    def prepare(self, site: Site) -> None:
        """Let the other writer begin; under WAL no reader hinders COMMIT, so there WAL is switched off."""
        if self.place == "COMMIT":
            event.listen(site.engine, "connect", leave_wal)
        self.other = witness.connect(site.database)
        if self.place != "COMMIT":
            self.other.execute("BEGIN IMMEDIATE")
        self.other.execute(ADD_VISITS.format(self.shelf_id))

    def attempt(self, session: Session, *, first: bool) -> None:
        if self.place == "statement":
            session.execute(insert(Book).values(shelf_id=1))
            return
        session.add(Book(shelf_id=1))
        session.flush()
        if first and self.place == "COMMIT":
            self.other.execute("BEGIN")
            self.other.execute("SELECT * FROM shelf").fetchall()

    def give_way(self) -> None:
        self.other.execute("COMMIT")

    def close(self) -> None:
        self.other.close()


CONFLICTS = (Serialization, Deadlock, Busy)


def write_at(place: str, session: Session) -> None:
    """Write to the second shelf, which the other has written or locked; nothing if COMMIT is to fail."""
    if place == "statement":
        session.execute(update(Shelf).where(Shelf.id == 2).values(visits=Shelf.visits))
    elif place == "flush":
        session.get_one(Shelf, 2).name = "renamed"
        session.flush()


def leave_wal(driver_connection: Any, record: object) -> None:
    driver_connection.execute("PRAGMA journal_mode = DELETE")


def waits_for_a_lock(observer: Any, pid: int) -> bool:
    query = "SELECT wait_event_type FROM pg_stat_activity WHERE pid = %s"
    return bool(observer.execute(query, [pid]).fetchone() == ("Lock",))


def until(condition: Any) -> None:
    """Ask again and again until it is so; every question is a round trip of its own."""
    deadline = time.monotonic() + WAIT_S
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("it never came about")
