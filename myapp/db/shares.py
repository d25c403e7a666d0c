"""A number of each process, added up over those that are alive."""

from __future__ import annotations

import mmap
import os
from array import array
from math import inf

from myapp.db.shared import LOCK_FILE, SharedLock

# More processes than that serve on no machine that we know of.
PROCESSES_MAX = 64


class Shares:
    """What each of the processes has, of those forked from the one that made this.

    A process has a row as long as it holds a lock on it, and the kernel drops that lock with the process.
    """

    def __init__(self) -> None:
        self._rows = memoryview(mmap.mmap(-1, 8 * PROCESSES_MAX)).cast("d")
        # Nobody has told anything yet.
        self._rows[:] = memoryview(array("d", [inf] * PROCESSES_MAX))
        self._first_byte = LOCK_FILE.reserve(PROCESSES_MAX)
        self._asking = SharedLock()
        self._own: tuple[int, int] | None = None

    def tell(self, share: float) -> None:
        """Let the others know what this process has; before the first fork there are none."""
        if LOCK_FILE.descriptor is not None and (row := self._own_row()) is not None:
            self._rows[row] = share

    def total(self, own_share: float) -> tuple[float, int]:
        """Return the sum, this process's own included, and of how many processes it is."""
        # One process asks at a time, for asking takes the lock of a row whose process is gone.
        with self._asking:
            rows = [(row, share) for row, share in enumerate(self._rows.tolist()) if share < inf]
            others = [share for row, share in rows if self._is_anothers(row)]
        return own_share + sum(others), 1 + len(others)

    def is_above_another(self, own_share: float) -> bool:
        """Tell whether another living process has told of a smaller share; nobody is waited for."""
        smaller = (row for row, share in enumerate(self._rows.tolist()) if share < own_share)
        return any(self._is_anothers(row) for row in smaller)

    def _own_row(self) -> int | None:
        # A child has its parent's memory of a row, and not its lock.
        if self._own is None or self._own[0] != os.getpid():
            taken = (row for row in range(PROCESSES_MAX) if LOCK_FILE.try_lock(self._first_byte + row))
            row = next(taken, None)
            self._own = None if row is None else (os.getpid(), row)
        return None if self._own is None else self._own[1]

    def _is_anothers(self, row: int) -> bool:
        if LOCK_FILE.descriptor is None or self._own == (os.getpid(), row):
            return False
        if LOCK_FILE.try_lock(self._first_byte + row):
            LOCK_FILE.unlock(self._first_byte + row)
            return False
        return True
