"""One writer after another: who waits for SQLite's write lock is woken when it is free.

SQLite makes a waiting writer sleep and look again, up to a tenth of a second later. Whoever comes just then
has the lock, so under load some waited for the whole time-out while hundreds of others wrote. Within one
process they wait here instead. Between processes SQLite's own lock decides, as it does about everything else.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import weakref
from typing import Any


class Turn:
    """Which of an engine's connections may ask for the write lock."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._holder: Any = None
        # A forked child has none of the threads that might have had the turn.
        reference = weakref.WeakMethod(self._renew)
        os.register_at_fork(after_in_child=lambda: (renew := reference()) and renew())

    def take(self, connection: Any, wait_s: float) -> None:
        """Wait until no other connection has the turn; one may have it twice.

        Raises:
            sqlite3.OperationalError: another one has had it all the time, in SQLite's own words.
        """
        if self._holder is connection:
            # Its last transaction was ended behind everybody's back.
            return
        if not self._lock.acquire(timeout=wait_s):
            raise _busy()
        self._holder = connection

    def leave(self, connection: Any) -> None:
        """Let the next one have the turn, if it is this connection's."""
        if connection is not None and self._holder is connection:
            self._holder = None
            self._lock.release()

    def _renew(self) -> None:
        self._lock = threading.Lock()
        self._holder = None


def _busy() -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("database is locked")
    error.sqlite_errorcode = sqlite3.SQLITE_BUSY
    error.sqlite_errorname = "SQLITE_BUSY"
    return error
