"""Serve the foreign application, and look after every test for what it left behind.

The collector is off while a test runs: a connection that only garbage collection would give back is a
leak in a server that has no time to wait for it.
"""

from __future__ import annotations

import gc
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
from sqlalchemy import make_url

from myapp.db.dialects import dialect_of
from myapp.db.pipelined import PipelinedConnection
from tests.databases import Database
from tests.lifecycle import bookcase, witness
from tests.lifecycle.site import Part, Site, make_site

Serve = Callable[..., Site]


@pytest.fixture
def sites() -> list[Site]:
    """Every site the test served."""
    return []


@pytest.fixture(autouse=True)
def nothing_is_left_behind(request: pytest.FixtureRequest, sites: list[Site]) -> Iterator[None]:
    """Fail the test if a connection is out of the pool or in a transaction when it ends."""
    # Asked for here, the database is taken away only after the look at it.
    needs_database = "empty_database" in request.fixturenames
    database = request.getfixturevalue("empty_database") if needs_database else None
    gc.disable()
    try:
        yield
        for site in sites:
            assert leftovers(site) == []
        if database is not None:
            assert witness.open_transactions(database) == []
    finally:
        gc.enable()
        for site in sites:
            site.engine.dispose()


def leftovers(site: Site) -> list[Any]:
    """Return the connections that are not back in the pool, or came back in a transaction."""
    out = [f"{site.engine.pool.checkedout()} checked out"] if site.engine.pool.checkedout() else []
    return out + [each for each in site.driver_connections if _is_busy(site, each)]


def _is_busy(site: Site, driver_connection: Any) -> bool:
    if getattr(driver_connection, "closed", False):
        return False
    try:
        return dialect_of(site.engine.dialect.name).in_transaction(driver_connection)
    except sqlite3.ProgrammingError:
        # Only by this can a closed connection of sqlite3 be told.
        return False


@pytest.fixture
def bookcase_database(empty_database: Database) -> Database:
    """Give the test a database with the foreign application's two tables."""
    bookcase.build(empty_database)
    return empty_database


@pytest.fixture
def connection(bookcase_database: Database) -> Iterator[PipelinedConnection]:
    """Give the test a connection of ours to PostgreSQL, without an engine."""
    url = make_url(bookcase_database.url).set(drivername="postgresql")
    with closing(PipelinedConnection.connect(url.render_as_string(hide_password=False))) as made:
        yield made


@pytest.fixture
def serve(bookcase_database: Database, sites: list[Site]) -> Serve:
    """Return a function that serves an application made of the given parts."""

    def start(*parts: Part, **settings: Any) -> Site:
        dotted = {key.replace("__", "."): value for key, value in settings.items()}
        site = make_site(bookcase_database, parts, dotted)
        sites.append(site)
        return site

    return start
