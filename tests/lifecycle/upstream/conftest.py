"""The libraries as they come: an engine with none of our guards, an application after the stock recipe."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import zope.sqlalchemy
from pyramid.config import Configurator
from pyramid_tm import explicit_manager
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import QueuePool

from tests.databases import Database
from tests.lifecycle.site import Part, Site

Stock = Callable[..., Site]


@pytest.fixture
def plain_engine(bookcase_database: Database) -> Iterator[Engine]:
    """Make an engine as SQLAlchemy makes it, with one connection."""
    engine = create_engine(bookcase_database.url, poolclass=QueuePool, pool_size=1, max_overflow=0)
    yield engine
    engine.dispose()


@pytest.fixture
def stock(plain_engine: Engine, bookcase_database: Database) -> Iterator[Stock]:
    """Return a function that builds an application the way Pyramid's own template does."""
    sessions: list[Session] = []

    def start(*parts: Part, engine: Engine = plain_engine, state: str = "active", **settings: Any) -> Site:
        dotted = {"tm.manager_hook": explicit_manager, **_dotted(settings)}
        config = Configurator(settings=dotted)
        config.include("pyramid_retry")
        config.include("pyramid_tm")
        config.add_request_method(_opening(sessionmaker(engine), state, sessions), "dbsession", reify=True)
        for part in parts:
            part(config)
        return Site(config.make_wsgi_app(), config.registry, engine, bookcase_database)

    yield start
    # What the recipe forgets is given back here, or the collector would have to.
    for session in sessions:
        session.close()


def _dotted(settings: dict[str, Any]) -> dict[str, Any]:
    return {key.replace("__", "."): value for key, value in settings.items()}


def _opening(factory: Callable[[], Session], state: str, sessions: list[Session]) -> Callable[[Any], Session]:
    def open_session(request: Any) -> Session:
        session = factory()
        zope.sqlalchemy.register(session, initial_state=state, transaction_manager=request.tm)
        sessions.append(session)
        return session

    return open_session
