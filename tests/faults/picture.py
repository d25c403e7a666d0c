"""What is in every table, seen over a connection of its own; and the way back to what was there before.

Making a database for each of thousands of faults would take an hour, so the first state is kept aside in the
database's own terms and put back.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any

from tests.databases import Database
from tests.lifecycle import witness

# Each table with its rows, every value as the text that Python shows for it.
Picture = dict[str, list[tuple[str, ...]]]

ASIDE = "untouched"
PATIENCE = 200
IDLE = (
    "SELECT state, query FROM pg_stat_activity"
    " WHERE datname = current_database() AND state LIKE 'idle in transaction%'"
)


class Camera:
    """Takes pictures of a database, and puts it back to how it was when the camera was made."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._plain = witness.connect(database)
        self.columns = _columns(database.dialect, self._plain)
        self._keep_aside()
        self.first = self.take()

    def take(self) -> Picture:
        """Return what is in every table now, as everyone else can see it."""
        return {
            table: sorted(tuple(map(repr, row)) for row in rows)
            for table, rows in zip(self.columns, self._rows_of_every_table(), strict=True)
        }

    def _rows_of_every_table(self) -> Iterator[list[tuple[Any, ...]]]:
        selects = [f'SELECT * FROM "{table}"' for table in self.columns]
        if self.database.dialect == "sqlite":
            yield from (self._plain.execute(select).fetchall() for select in selects)
            return
        # All at once, because this is asked some thousand times.
        cursor = self._plain.execute(";".join(selects))
        for _ in selects:
            yield cursor.fetchall()
            cursor.nextset()

    def restore(self) -> None:
        """Put back what was there first. Sequences go on, so that a number is never given twice."""
        if (now := self.take()) == self.first:
            return
        if self.database.dialect == "sqlite":
            # A backup waits for a lock without end; this does not wait at all.
            self._plain.execute("BEGIN IMMEDIATE")
            self._plain.execute("COMMIT")
            self._aside.backup(self._plain)
        else:
            changed = [table for table, rows in now.items() if rows != self.first[table]]
            self._plain.execute(
                ";".join(
                    f'DELETE FROM "{table}"; INSERT INTO "{table}" SELECT * FROM {ASIDE}."{table}"'
                    for table in changed
                )
            )
        if self.take() != self.first:
            raise AssertionError("The database could not be put back to its first state.")

    def open_transactions(self) -> list[str]:
        """Return what tells the database itself of a transaction that nobody ended."""
        if self.database.dialect == "sqlite":
            # A checkpoint that empties the log needs every reader and every writer to be gone.
            busy, _, _ = self._plain.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            return ["a transaction hinders the checkpoint"] if busy else []
        for _ in range(PATIENCE):
            # The server needs a moment to notice that a connection was closed in its transaction.
            if not (found := self._plain.execute(IDLE).fetchall()):
                return []
            self._plain.execute("SELECT pg_sleep(0.01)")
        return [f"on the server: {each}" for each in found]

    def close(self) -> None:
        """Close the camera's connections."""
        self._plain.close()
        if self.database.dialect == "sqlite":
            self._aside.close()

    def _keep_aside(self) -> None:
        if self.database.dialect == "sqlite":
            # What is thrown away again need not wait for the disk.
            self._plain.execute("PRAGMA synchronous = OFF")
            self._aside = sqlite3.connect(":memory:", isolation_level=None)
            self._plain.backup(self._aside)
            return
        # Neither triggers nor foreign keys may hinder the way back, nor a forgotten lock block it for ever.
        self._plain.execute("SET session_replication_role = replica")
        self._plain.execute("SET lock_timeout = '10s'")
        self._plain.execute(f"CREATE SCHEMA {ASIDE}")
        for table in self.columns:
            self._plain.execute(f'CREATE TABLE {ASIDE}."{table}" AS TABLE "{table}"')


def _columns(dialect: str, plain: Any) -> dict[str, list[str]]:
    names = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
        "postgresql": "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
    }
    tables = sorted(name for (name,) in plain.execute(names[dialect]).fetchall())
    return {table: _columns_of(plain, table) for table in tables}


def _columns_of(plain: Any, table: str) -> list[str]:
    with closing(plain.execute(f'SELECT * FROM "{table}" LIMIT 0')) as cursor:
        return [column[0] for column in cursor.description]


class Effect:
    """What a request does to the database, learned from doing it twice without a fault.

    A column in which the two differ (a time, a random id, a number from a sequence) is left out of the
    comparison, in this table alone.
    """

    def __init__(self, columns: dict[str, list[str]], one: Picture, other: Picture) -> None:
        self._stable = {
            table: [at for at in range(len(names)) if _column(one[table], at) == _column(other[table], at)]
            for table, names in columns.items()
        }
        self._done = self._without_volatile(one)
        if self._done != self._without_volatile(other):
            raise AssertionError("Two requests without a fault had different effects.")

    def is_in(self, picture: Picture) -> bool:
        """Tell whether the request's whole effect is there, once."""
        return self._without_volatile(picture) == self._done

    def _without_volatile(self, picture: Picture) -> Picture:
        return {
            table: sorted(tuple(row[at] for at in stable) for row in picture[table])
            for table, stable in self._stable.items()
        }


def _column(rows: list[tuple[str, ...]], at: int) -> list[str]:
    return sorted(row[at] for row in rows)
