"""One writer after another: who waits for SQLite's write lock has it as soon as it is free.

SQLite makes a waiting writer sleep and look again, up to a tenth of a second later. Whoever comes just then
has the lock, so under load some waited for the whole time-out while hundreds of others wrote. Therefore the
writers of a process wait here instead, and the processes that were forked from one another look much more
often. Whoever else writes to the file has SQLite's own lock, which decides in the end about everybody.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
import weakref
from collections import deque
from typing import Any

from myapp.db.shared import LOCK_FILE

# The shortest transactions take some ten times as long. Who has waited for longer looks less often: at the
# most the lock is free for an eighth of the wait before it is seen.
_LOOK_S = 0.00003
_LOOK_LONGER = 1.15
_LOOK_S_MAX = 0.002


class Turn:
    """Which of an engine's connections may ask for the write lock, of all processes that have the engine."""

    def __init__(self) -> None:
        self._line = _Line()
        self._holder: Any = None
        self._byte = LOCK_FILE.reserve(1)
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
        until_s = time.monotonic() + wait_s
        if not self._line.enter(wait_s):
            raise _busy()
        try:
            self._take_from_processes(until_s)
        except BaseException:
            try:
                self._leave_processes()
            finally:
                self._line.leave()
            raise
        self._holder = connection

    def leave(self, connection: Any) -> None:
        """Let the next one have the turn, if it is this connection's."""
        if connection is not None and self._holder is connection:
            try:
                self._leave_processes()
            finally:
                self._holder = None
                self._line.leave()

    def _take_from_processes(self, until_s: float) -> None:
        look_s = _LOOK_S
        while not LOCK_FILE.try_lock(self._byte):
            if time.monotonic() >= until_s:
                raise _busy()
            time.sleep(look_s)
            look_s = min(look_s * _LOOK_LONGER, _LOOK_S_MAX)

    def _leave_processes(self) -> None:
        try:
            LOCK_FILE.unlock(self._byte)
        except BaseException:
            # Interrupted, it may not have come so far; to unlock what is not locked does nothing.
            LOCK_FILE.unlock(self._byte)
            raise

    def _renew(self) -> None:
        self._line = _Line()
        self._holder = None


class _Line:
    """The threads of a process, one after another as they came.

    A lock would let in whoever asks just when it is free: under load some were passed by a hundred others.
    """

    def __init__(self) -> None:
        # The garbage collector may come in anywhere, and give back a lost connection that has the place. So
        # it may be entered again, and is in order after each step.
        self._lock = threading.RLock()
        self._within: threading.Lock | None = None
        self._waiting: deque[threading.Lock] = deque()

    def enter(self, wait_s: float) -> bool:
        """Wait for the place, and tell whether it is the caller's."""
        called = threading.Lock()
        called.acquire()
        try:
            with self._lock:
                self._waiting.append(called)
                self._call_next()
            called.acquire(timeout=wait_s)
            return self._is_within(called)
        except BaseException:
            if self._is_within(called):
                self.leave()
            raise

    def leave(self) -> None:
        """Give the place to who waits for longest."""
        with self._lock:
            self._within = None
            self._call_next()

    def _call_next(self) -> None:
        if self._within is None and self._waiting:
            self._within = self._waiting.popleft()
            self._within.release()

    def _is_within(self, called: threading.Lock) -> bool:
        # Whoever has waited for too long may have been called just before; otherwise nobody shall call him.
        with self._lock:
            if called in self._waiting:
                self._waiting.remove(called)
            return self._within is called


def _busy() -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("database is locked")
    error.sqlite_errorcode = sqlite3.SQLITE_BUSY
    error.sqlite_errorname = "SQLITE_BUSY"
    return error
