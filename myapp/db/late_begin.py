"""A SQLite connection that begins its transaction when the first statement is ready to run.

Between the moment when SQLAlchemy begins a transaction and the first statement lies the work of making that
statement: a whole flush, for a writer that uses the ORM. Whoever had the write lock by then would let all
other writers wait for it. On PostgreSQL the driver itself begins as late (`myapp.db.pipelined`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any


class LateConnection(sqlite3.Connection):
    """A connection that can be told how to begin, and does so before it executes anything.

    It must be in the driver's autocommit mode, `isolation_level = None`.
    """

    _begin: Callable[[], None] | None = None
    # How many transactions were ended on it, by whomever.
    endings = 0

    @property
    def is_begun(self) -> bool:
        """Whether a transaction is open, or begins with the next statement."""
        return self._begin is not None or self.in_transaction

    def begin_later(self, begin: Callable[[], None]) -> None:
        """Call `begin` before the next statement; if it fails, before the one after it again.

        Raises:
            sqlite3.OperationalError: a transaction is open, which is not the caller's to commit.
        """
        if self.is_begun:
            raise sqlite3.OperationalError("cannot start a transaction within a transaction")
        self._begin = begin

    def begin_now(self) -> None:
        """Begin, if that is still to be done.

        Raises:
            sqlite3.OperationalError: the lock was not to be had.
        """
        begin, self._begin = self._begin, None
        if begin is None:
            return
        try:
            begin()
        except BaseException:
            # Without a transaction the driver would make the next statement durable by itself.
            self._begin = None if self.in_transaction else begin
            raise

    def cursor(self, factory: Any = None) -> Any:
        """Return a cursor that begins first; before one of another kind, which would not, it begins here."""
        if factory is not None and not issubclass(factory, LateCursor):
            self.begin_now()
        return super().cursor(LateCursor if factory is None else factory)

    # The driver's own shortcuts make a cursor of its own kind.

    def execute(self, *arguments: Any) -> Any:
        """Begin, execute, and return the cursor."""
        return self.cursor().execute(*arguments)

    def executemany(self, *arguments: Any) -> Any:
        """Begin, execute for each set of parameters, and return the cursor."""
        return self.cursor().executemany(*arguments)

    def executescript(self, *arguments: Any) -> Any:
        """Begin, execute as a cursor would, and return it."""
        return self.cursor().executescript(*arguments)

    def blobopen(self, *arguments: Any, **options: Any) -> sqlite3.Blob:
        """Begin, and open a value that can be written without SQL."""
        self.begin_now()
        return super().blobopen(*arguments, **options)

    def commit(self) -> None:
        """Commit what was begun."""
        self._begin = None
        self.endings += 1
        super().commit()

    def rollback(self) -> None:
        """Roll back what was begun."""
        self._begin = None
        self.endings += 1
        super().rollback()


class LateCursor(sqlite3.Cursor):
    """A cursor of such a connection."""

    connection: LateConnection

    def execute(self, *arguments: Any) -> LateCursor:
        """Begin, and execute."""
        self.connection.begin_now()
        return super().execute(*arguments)

    def executemany(self, *arguments: Any) -> LateCursor:
        """Begin, and execute for each set of parameters."""
        self.connection.begin_now()
        return super().executemany(*arguments)

    def executescript(self, *arguments: Any) -> sqlite3.Cursor:
        """Begin, so that the driver commits a transaction here as it does on any connection, and execute."""
        self.connection.begin_now()
        return super().executescript(*arguments)
