"""Another client of the database, who sees what is committed and which locks are held."""

from __future__ import annotations

import sqlite3
from types import TracebackType
from typing import Any, Self

import psycopg
from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.exc import OperationalError


class Witness:
    """A connection of its own, in autocommit, on which no strategy has any influence."""

    def __init__(self, url: str) -> None:
        self._engine = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        self._connection = self._engine.connect()
        self.dialect = self._engine.dialect.name

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()
        self._engine.dispose()

    def scalar(self, statement: str) -> Any:
        """Return the one value of a query."""
        return self._connection.execute(text(statement)).scalar_one()

    def execute(self, statement: str) -> None:
        """Run a statement, which is committed at once."""
        self._connection.execute(text(statement))

    def balance(self) -> int:
        """Return the committed balance of account 1."""
        return int(self.scalar("SELECT balance FROM account WHERE id = 1"))

    def total(self) -> int:
        """Return the committed sum of all balances."""
        return int(self.scalar("SELECT sum(balance) FROM account"))

    def is_locked_out(self) -> bool:
        """Say whether account 1 could not be changed now, without waiting for it."""
        try:
            self._take_the_lock()
        except (OperationalError, sqlite3.OperationalError, psycopg.errors.LockNotAvailable):
            return True
        return False

    def _take_the_lock(self) -> None:
        if self.dialect == "sqlite":
            self.execute("PRAGMA busy_timeout = 0")
            self.execute("BEGIN IMMEDIATE")
            self.execute("ROLLBACK")
        else:
            self.execute("SELECT 1 FROM account WHERE id = 1 FOR UPDATE NOWAIT")

    def idle_in_transaction(self) -> int:
        """Return how many connections PostgreSQL sees waiting inside a transaction."""
        return int(
            self.scalar(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                "AND state LIKE 'idle in transaction%'"
            )
        )
