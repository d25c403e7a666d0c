"""Notice that the file of a SQLite database was removed or replaced while it is open.

SQLite goes on with the file that it has, whose name may be another file's by then, or nobody's: every COMMIT
would succeed, and all of it be gone with the process.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any


class SameFile:
    """The file that an engine has opened first; nothing where the database has none."""

    def __init__(self) -> None:
        self._path: Path | None = None
        self._opened: tuple[int, int] | None = None
        self._is_known = False

    def forget(self) -> None:
        """Take any file there is from now on: all connections are closed."""
        self._is_known = False

    def require(self, driver: Any) -> None:
        """Return where the path of the database leads to the file that is open.

        Raises:
            sqlite3.OperationalError: it leads to another one, or to none. SQLite may not be let near that
                one either, beside which the log of the old one lies. So this lasts until the next start.
        """
        if not self._is_known:
            self._path = path_of(driver)
            self._opened, self._is_known = _identity(self._path), True
        elif _identity(self._path) != self._opened:
            error = sqlite3.OperationalError(
                f"The file {self._path} was removed or replaced. Start again with the right one."
            )
            error.sqlite_errorcode = sqlite3.SQLITE_CANTOPEN
            raise error


def path_of(driver: Any) -> Path | None:
    """Return where a connection's database is; nothing for one in memory, or for a temporary file."""
    for _, name, path in driver.execute("PRAGMA database_list"):
        if name == "main":
            return Path(path) if path else None
    raise AssertionError("Every connection has a main database.")


def _identity(path: Path | None) -> tuple[int, int] | None:
    if path is None:
        return None
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
