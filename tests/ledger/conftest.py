"""A session factory on each database, as scripts and workers use one."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pytest
from sqlalchemy import Engine

from myapp.db import DbSettings, SessionFactory, make_engine
from myapp.ledger import ancestors
from tests.databases import Database


@pytest.fixture
def factory(database: Database) -> Iterator[SessionFactory]:
    # An engine of the test's own, whose listeners go with it, on the connections and the compiled statements
    # that all tests of the process share: to compile them takes longer than most tests do.
    engine = _engine(database.url).execution_options()
    yield SessionFactory(engine)
    engine.dispose()


@cache
def _engine(url: str) -> Engine:
    # Every thread of the races holds a connection of its own, so the pool is never what they wait for.
    engine = make_engine(DbSettings(engine_options={"url": url, "pool_size": 20}))
    ancestors.listen(engine)
    return engine
