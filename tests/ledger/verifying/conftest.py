"""One set of books per database for all tests here: each changes them in a transaction that is undone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, Engine

from myapp.db import DbSettings, SessionFactory, make_engine
from tests.databases import DIALECTS, Database, copy_sqlite, sqlite_database
from tests.ledger.verifying.scene import fill, raw_engine, unguarded

NAME = "verified"


@pytest.fixture(scope="session", params=DIALECTS)
def scene(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    template = request.getfixturevalue(f"migrated_{request.param}")
    if request.param == "sqlite":
        path = tmp_path_factory.mktemp(NAME) / "books.sqlite"
        copy_sqlite(template, path)
        database = sqlite_database(path)
        _fill(database)
        yield database
    else:
        server = request.getfixturevalue("postgres_server")
        server.create_database(NAME, template)
        database = Database("postgresql", server.url(NAME))
        _fill(database)
        yield database
        server.drop_database(NAME)


def _fill(database: Database) -> None:
    engine = make_engine(DbSettings(engine_options={"url": database.url}))
    fill(SessionFactory(engine))
    engine.dispose()


@pytest.fixture(scope="session")
def engine(scene: Database) -> Iterator[Engine]:
    made = raw_engine(scene)
    yield made
    made.dispose()


@pytest.fixture
def connection(engine: Engine, scene: Database) -> Iterator[Connection]:
    """Give the test a connection on which nothing is refused, and on which nothing lasts."""
    with unguarded(engine) as connection:
        yield connection
