"""A PostgreSQL database that the tests of a process use one after another.

To make a database takes PostgreSQL fifty times as long as to empty a small one. So it is made anew only
when a test has changed more in it than rows, or left very many.
"""

from __future__ import annotations

from typing import Any

from psycopg import OperationalError, sql

from tests.databases import Database
from tests.postgres import Connection, PostgresServer

# Whoever counts the connections to such a database leaves out the one by which it is looked after.
APPLICATION = "recycled"
# What a test can change beside rows: tables, columns, triggers, constraints, functions, statistics, settings.
_CATALOGS = (
    "pg_class",
    "pg_attribute",
    "pg_trigger",
    "pg_constraint",
    "pg_proc",
    "pg_namespace",
    "pg_statistic",
    "pg_db_role_setting",
)
_COUNTS = " UNION ALL ".join(f"SELECT '{name}', count(*) FROM {name}" for name in _CATALOGS)
# A row that was changed carries the number of the transaction that did it.
_CHANGES = " UNION ALL ".join(
    f"SELECT '{name}', count(*), sum(xmin::text::bigint) FROM {name}"
    for name in (*_CATALOGS, "alembic_version")
)
# Ends every other connection to the database, and waits until it is gone.
CUT_OFF = sql.SQL(
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
_DROP_TABLES = sql.Composed(
    [
        sql.SQL(
            "DROP SCHEMA public CASCADE; CREATE SCHEMA public AUTHORIZATION pg_database_owner;"
            " GRANT USAGE ON SCHEMA public TO public"
        )
    ]
)
# Neither the journal's triggers nor foreign keys are asked then.
_AS_REPLICA = sql.SQL("SET session_replication_role = replica")
_RESTART = sql.SQL(
    "SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false) FROM pg_sequences"
)
# Rows that are deleted stay in the pages until a vacuum, and every later test would read past them.
_ROWS_MAX = 2_000


class Recycled:
    """A database of one name, empty or as its template is each time it is asked for."""

    def __init__(self, server: PostgresServer, name: str, template: str | None) -> None:
        """Name it; it is made when it is first asked for."""
        self._server = server
        self._name = name
        self._template = template
        self._outline: list[Any] | None = None
        self._clear = _DROP_TABLES
        # To connect takes the server longer than all that is asked of it here.
        self._connection: Connection | None = None

    def fresh(self) -> Database:
        """Return the database without anything of the test before; whoever is still connected is cut off."""
        if self._outline is None:
            self._make()
        elif not self._is_clean():
            self.close()
            self._server.drop_database(self._name)
            self._make()
        return Database("postgresql", self._server.url(self._name))

    def close(self) -> None:
        """Let go of the database."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _make(self) -> None:
        self._server.create_database(self._name, self._template)
        connection = self._connected()
        self._clear = _DROP_TABLES if self._template is None else _delete_rows(connection)
        self._outline = self._outlined(connection)

    def _connected(self) -> Connection:
        if self._connection is None:
            self._connection = self._server.connect(self._name)
            self._connection.execute(sql.SQL("SET application_name = {}").format(APPLICATION))
        return self._connection

    def _is_clean(self) -> bool:
        try:
            return self._is_cleared(self._connected())
        except OperationalError:
            # Some tests cut off whoever is connected, too.
            self.close()
            return self._is_cleared(self._connected())

    def _is_cleared(self, connection: Connection) -> bool:
        # Few round trips, each with many statements: a busy machine makes every one of them wait.
        connection.execute(CUT_OFF)
        if self._template is None:
            connection.execute(self._clear)
            return self._outlined(connection) == self._outline
        return self._outlined(connection) == self._outline and self._cleared(connection) <= _ROWS_MAX

    def _outlined(self, connection: Connection) -> list[Any]:
        # A schema that was dropped and made again is another one, although nothing stands in it.
        return sorted(connection.execute(_COUNTS if self._template is None else _CHANGES).fetchall())

    def _cleared(self, connection: Connection) -> int:
        cursor = connection.execute(self._clear)
        deleted = max(cursor.rowcount, 0)
        while cursor.nextset():
            deleted += max(cursor.rowcount, 0)
        return deleted


def _delete_rows(connection: Connection) -> sql.Composed:
    tables = connection.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
    ).fetchall()
    deletes = [sql.SQL("DELETE FROM {}").format(sql.Identifier(table)) for (table,) in tables]
    return sql.SQL("; ").join([_AS_REPLICA, *deletes, _RESTART])
