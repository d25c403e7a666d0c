"""One set of books per database for all tests here: each changes them in a transaction that is undone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, Engine

from myapp.db import DbSettings, SessionFactory, make_engine
from tests.databases import DIALECTS, Database
from tests.ledger.verifying.scene import fill, raw_engine, unguarded
from tests.shared import shared


@pytest.fixture(scope="session", params=DIALECTS)
def scene(request: pytest.FixtureRequest) -> Iterator[Database]:
    with shared(request, request.param, "verified") as database:
        engine = make_engine(DbSettings(engine_options={"url": database.url}))
        fill(SessionFactory(engine))
        engine.dispose()
        yield database


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
