"""What is really in the database, and who still holds it: asked on a plain driver connection of its own."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

import psycopg
from sqlalchemy import make_url

from tests.databases import Database
from tests.recycled import APPLICATION

Rows = set[tuple[Any, ...]]


def connect(database: Database) -> Any:
    """Open a connection that shares nothing with the application; the caller closes it."""
    url = make_url(database.url)
    if database.dialect == "sqlite":
        return sqlite3.connect(str(url.database), isolation_level=None, timeout=0)
    plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(plain, autocommit=True)


def rows(database: Database) -> Rows:
    """Return every row of every table, each with its table's name in front."""
    with closing(connect(database)) as connection:
        shelves = connection.execute("SELECT 'shelf', id, name, visits FROM shelf").fetchall()
        books = connection.execute("SELECT 'book', id, shelf_id FROM book").fetchall()
    return {*shelves, *books}


def shelf_names(database: Database) -> set[str]:
    return {row[2] for row in rows(database) if row[0] == "shelf"}


def visits(database: Database, shelf_id: int = 1) -> int:
    (count,) = {row[3] for row in rows(database) if row[:2] == ("shelf", shelf_id)}
    return int(count)


def open_transactions(database: Database) -> list[Any]:
    """Return what tells of a transaction that nobody ended; an empty list is good."""
    with closing(connect(database)) as connection:
        if database.dialect == "postgresql":
            return connection.execute(
                "SELECT pid, state, query FROM pg_stat_activity"
                " WHERE datname = current_database() AND state LIKE 'idle in transaction%'"
            ).fetchall()
        return _sqlite_transactions(connection)


def _sqlite_transactions(connection: sqlite3.Connection) -> list[Any]:
    # A checkpoint that empties the log needs every reader and every writer to be gone.
    if connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
        return []
    try:
        busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.OperationalError as error:
        return [error]
    return ["a transaction hinders the checkpoint"] if busy else []


def sessions_on_server(database: Database) -> int:
    """Return how many connections PostgreSQL has for the database, but for those of the tests themselves."""
    with closing(connect(database)) as connection:
        answer = connection.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name <> %s",
            [APPLICATION],
        ).fetchone()
    return int(answer[0])
