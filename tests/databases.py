"""What a test is given: one database of its own, on one of the two products the service runs on."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

DIALECTS = ("sqlite", "postgresql")


@dataclass(frozen=True)
class Database:
    """A database nobody else uses; `url` is what SQLAlchemy takes, `dialect` its name for the product."""

    dialect: str
    url: str


def sqlite_database(path: Path) -> Database:
    """Name the SQLite database in a file, which need not exist yet."""
    return Database("sqlite", f"sqlite:///{path}")


def copy_sqlite(source: Path, target: Path) -> None:
    """Copy a database that nobody is connected to."""
    with closing(sqlite3.connect(source)) as connection:
        # Rows that are still in the write-ahead log would be missing from a copy of the file.
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copyfile(source, target)
