"""Where the books grow, and copies of what they were at each size: SQLite files, or PostgreSQL databases."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from benchmarks.strategies.witness import Witness
from tests.databases import copy_sqlite, sqlite_database
from tests.postgres import PostgresServer

_GROWING = "growing"


class Store(Protocol):
    """Databases of one product, of which one grows."""

    url: str

    def keep(self, name: str) -> str:
        """Copy the growing database, to which nobody is connected, and return the copy's URL."""

    def settle(self, url: str) -> None:
        """Do what the product would have done by itself some minutes after so much was written."""


class SqliteStore:
    """Files in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.url = self._at(_GROWING)

    def keep(self, name: str) -> str:
        """Copy the file."""
        copy_sqlite(self._folder / f"{_GROWING}.sqlite", self._folder / f"{name}.sqlite")
        return self._at(name)

    def settle(self, url: str) -> None:
        """Do nothing: SQLite does nothing by itself, and the service never asks it to."""

    def _at(self, name: str) -> str:
        return sqlite_database(self._folder / f"{name}.sqlite").url


class PostgresStore:
    """Databases of one server."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        server.create_database(_GROWING)
        self.url = server.url(_GROWING)

    def keep(self, name: str) -> str:
        """Copy the database, on the server."""
        self._server.create_database(name, _GROWING)
        return self._server.url(name)

    def settle(self, url: str) -> None:
        """Do what autovacuum does a minute after so many rows came."""
        with Witness(url) as witness:
            witness.execute("VACUUM (ANALYZE)")


@contextmanager
def opened(dialect: str) -> Iterator[Store]:
    """Give a store of its own, gone when the block ends. PostgreSQL waits for the disk, as it must."""
    if dialect == "sqlite":
        with tempfile.TemporaryDirectory(prefix="growth-") as folder:
            yield SqliteStore(Path(folder))
        return
    server = PostgresServer.start(Path(tempfile.mkdtemp(prefix="growth-")), durable=True)
    try:
        yield PostgresStore(server)
    finally:
        server.stop()
