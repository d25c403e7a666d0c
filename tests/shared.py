"""A database that many tests share, because to fill one for each of them would be slow."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.databases import Database, copy_sqlite, sqlite_database
from tests.postgres import PostgresServer


@contextmanager
def shared(request: pytest.FixtureRequest, dialect: str, name: str) -> Iterator[Database]:
    """Yield a migrated database of this name on SQLite or PostgreSQL, and leave nothing of it.

    A process may come back to it: where tests go to whoever is free, a fixture of both products is made
    anew each time that a test of the other one was between.
    """
    template = request.getfixturevalue(f"migrated_{dialect}")
    if dialect == "sqlite":
        folder = request.getfixturevalue("tmp_path_factory").mktemp(name)
        copy_sqlite(template, folder / "books.sqlite")
        yield sqlite_database(folder / "books.sqlite")
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    server.create_database(name, template)
    try:
        yield Database("postgresql", server.url(name))
    finally:
        server.drop_database(name)
