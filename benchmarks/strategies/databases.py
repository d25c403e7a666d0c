"""Fresh databases, copied from a template that was seeded once: SQLite files, or a PostgreSQL of our own."""

from __future__ import annotations

import itertools
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from sqlalchemy import create_engine

from benchmarks.strategies.model import seed
from tests.postgres import PostgresServer, installed_version

TEMPLATE = "strategies_template"


class Databases(Protocol):
    """Makes databases of one product; `server_log` is where the product writes what it was told."""

    dialect: str
    version: str
    server_log: Path | None

    def __hash__(self) -> int:
        """Return a number of this very object, for what is remembered of it."""

    def fresh(self) -> AbstractContextManager[str]:
        """Give the URL of a seeded database, which is gone when the block ends."""


class SqliteDatabases:
    """SQLite: a file for each database."""

    dialect = "sqlite"
    version = sqlite3.sqlite_version
    server_log: Path | None = None

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count()
        self._template = folder / "template.sqlite"
        _seed(f"sqlite:///{self._template}")

    @contextmanager
    def fresh(self) -> Iterator[str]:
        """Copy the template's file."""
        path = self._folder / f"strategies-{next(self._numbers)}.sqlite"
        shutil.copyfile(self._template, path)
        yield f"sqlite:///{path}"
        path.unlink()


class PostgresDatabases:
    """PostgreSQL: a database of one server for each."""

    dialect = "postgresql"

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._numbers = itertools.count()
        self.version = installed_version()
        self.server_log: Path | None = server.folder / "postgres.log"
        server.create_database(TEMPLATE)
        _seed(server.url(TEMPLATE))

    @contextmanager
    def fresh(self) -> Iterator[str]:
        """Copy the template, on the server."""
        name = f"strategies_{next(self._numbers)}"
        self._server.create_database(name, TEMPLATE)
        yield self._server.url(name)
        # It ends the connections that a strategy has left open.
        self._server.drop_database(name)


@contextmanager
def sqlite_databases() -> Iterator[SqliteDatabases]:
    """Give SQLite databases in a folder that is removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="strategies-") as folder:
        yield SqliteDatabases(Path(folder))


@contextmanager
def postgres_databases(*, durable: bool = False) -> Iterator[PostgresDatabases]:
    """Give PostgreSQL databases on a server that listens on the loopback and is stopped afterwards.

    Unless it is to be `durable` it does not wait for the disk: the strategies compare what requests do to
    one another, not how fast.
    """
    server = PostgresServer.start(Path(tempfile.mkdtemp(prefix="strategies-")), durable=durable)
    try:
        yield PostgresDatabases(server)
    finally:
        server.stop()


def _seed(url: str) -> None:
    engine = create_engine(url)
    seed(engine)
    engine.dispose()
