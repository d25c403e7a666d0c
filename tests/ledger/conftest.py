"""A session factory on each database, as scripts and workers use one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from myapp.db import DbSettings, SessionFactory, make_engine
from myapp.ledger import ancestors
from tests.databases import Database


@pytest.fixture
def factory(database: Database) -> Iterator[SessionFactory]:
    # Every thread of the races holds a connection of its own, so the pool is never what they wait for.
    engine = make_engine(DbSettings(engine_options={"url": database.url, "pool_size": 20}))
    ancestors.listen(engine)
    yield SessionFactory(engine)
    engine.dispose()
