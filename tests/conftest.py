"""The fixtures every test shares: each test of the database runs on SQLite and on PostgreSQL.

`database` is a migrated database of the test's own, `empty_database` one without tables. A test for one
product alone narrows the parameter: `@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)`.
"""

from __future__ import annotations

import gc
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.databases import DIALECTS, Database, copy_sqlite, sqlite_database
from tests.postgres import PostgresServer
from tests.recycled import Recycled

# What the run was about is said at its end; some tests share a service that somebody of each kind visits.
pytest_plugins = ["tests.summaries", "tests.town"]

MIGRATED_TEMPLATE = "migrated_template"


def pytest_collection_finish(session: pytest.Session) -> None:
    """Take the tests themselves out of the collector's sight: thousands of items, which stay to the end."""
    gc.freeze()


@pytest.fixture(autouse=True, scope="module")
def small_heap() -> Iterator[None]:
    """Take what a module leaves to others out of the collector's sight, too.

    Applications, schemas and strategies stay to the end of the process. To look through all of them took
    half a second each time, and some tests make the collector look often.
    """
    yield
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """Start the one server of this test process; it is asked for by name, so SQLite alone never starts it."""
    # pytest's own temporary folders are closed to the account that runs the server for root.
    server = PostgresServer.start(Path(tempfile.mkdtemp(prefix="myapp-postgres-")))
    yield server
    server.stop()


@pytest.fixture(params=DIALECTS)
def dialect(request: pytest.FixtureRequest) -> str:
    """Run the test once for each product."""
    return str(request.param)


@pytest.fixture
def empty_database(dialect: str, tmp_path: Path, request: pytest.FixtureRequest) -> Database:
    """Give the test a brand-new database without tables."""
    if dialect == "sqlite":
        return sqlite_database(tmp_path / "test.sqlite")
    recycled: Recycled = request.getfixturevalue("recycled_empty")
    return recycled.fresh()


@pytest.fixture
def database(dialect: str, request: pytest.FixtureRequest) -> Database:
    """Give the test a migrated database: a copy of the template, because migrating each time is slow.

    It has the same address in every test of the process, so that they can share an application.
    """
    if dialect == "sqlite":
        template = request.getfixturevalue("migrated_sqlite")
        return sqlite_database(_replaced(request.getfixturevalue("sqlite_file"), template))
    recycled: Recycled = request.getfixturevalue("recycled_migrated")
    return recycled.fresh()


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Migrate one SQLite file, from which every test's database is copied."""
    path = tmp_path_factory.mktemp("template") / "template.sqlite"
    _migrate(sqlite_database(path).url)
    return path


@pytest.fixture(scope="session")
def migrated_postgresql(postgres_server: PostgresServer) -> str:
    """Migrate one PostgreSQL database, from which every test's database is copied."""
    postgres_server.create_database(MIGRATED_TEMPLATE)
    _migrate(postgres_server.url(MIGRATED_TEMPLATE))
    return MIGRATED_TEMPLATE


def _migrate(url: str) -> None:
    # A test that wants no tables must run even while the migrations are broken.
    from myapp.schema import upgrade

    upgrade(url)


@pytest.fixture(scope="session")
def sqlite_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Name the file in which each test finds its SQLite database."""
    return tmp_path_factory.mktemp("database") / "test.sqlite"


def _replaced(path: Path, template: Path) -> Path:
    # Unlinked rather than written over: whoever still has the former database open keeps that one.
    for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
        path.with_name(name).unlink(missing_ok=True)
    copy_sqlite(template, path)
    return path


@pytest.fixture(scope="session")
def recycled_empty(postgres_server: PostgresServer) -> Iterator[Recycled]:
    """Name the PostgreSQL database that the tests find without tables, one after another."""
    with closing(Recycled(postgres_server, "test_empty", template=None)) as recycled:
        yield recycled


@pytest.fixture(scope="session")
def recycled_migrated(postgres_server: PostgresServer, migrated_postgresql: str) -> Iterator[Recycled]:
    """Name the PostgreSQL database that the tests find migrated, one after another."""
    with closing(Recycled(postgres_server, "test_migrated", migrated_postgresql)) as recycled:
        yield recycled
