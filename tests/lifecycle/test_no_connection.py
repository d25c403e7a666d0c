"""No connection is to be had: the database is away, or others hold the whole pool. Nothing hides it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import Any

import pytest
from pyramid.response import Response
from sqlalchemy import select
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session

from myapp.db import TransactionPoisoned
from tests.lifecycle.bookcase import Shelf
from tests.lifecycle.conftest import Serve
from tests.lifecycle.site import Site, at
from tests.lifecycle.writes import core_insert


def flush(session: Session) -> None:
    session.add(Shelf(name="new"))
    session.flush()


def autoflush(session: Session) -> None:
    session.add(Shelf(name="new"))
    session.scalars(select(Shelf)).all()


# A folder that is a file, and a port that no server may have.
UNREACHABLE = {"sqlite": "sqlite:////dev/null/no.sqlite", "postgresql": "postgresql+psycopg://127.0.0.1:1/no"}

USES: dict[str, Callable[[Session], object]] = {
    "execute": lambda session: session.execute(select(Shelf)),
    "get": lambda session: session.get(Shelf, 1),
    "merge": lambda session: session.merge(Shelf(id=1)),
    "connection": lambda session: session.connection(),
    "flush": flush,
    "autoflush": autoflush,
    "bulk_save_objects": lambda session: session.bulk_save_objects([Shelf(name="new")]),
    "bulk_insert_mappings": lambda session: session.bulk_insert_mappings(Shelf.__mapper__, [{"name": "new"}]),
}
METHODS = pytest.mark.parametrize("method", ["GET", "POST"])


def answering(use: Callable[[Session], object], *swallowed: type[BaseException]) -> Callable[[Any], Response]:
    """Return a view that swallows errors of `use` and answers 200."""

    def view(request: Any) -> Response:
        with suppress(*swallowed):
            use(request.dbsession)
        return Response()

    return view


def drained(site: Site, connections: int) -> ExitStack:
    """Hold every connection of the pool until the block ends."""
    stack = ExitStack()
    for _ in range(connections):
        stack.enter_context(site.engine.connect())
    return stack


@METHODS
@pytest.mark.parametrize("use", USES)
def test_a_database_that_is_away_is_no_success_although_the_view_swallowed_it(
    serve: Serve, dialect: str, use: str, method: str
) -> None:
    site = serve(at("/", answering(USES[use], Exception)), sqlalchemy__url=UNREACHABLE[dialect])
    assert isinstance(site.ask("/", method), TransactionPoisoned)


@METHODS
@pytest.mark.parametrize("use", USES)
def test_an_exhausted_pool_is_no_success_although_the_view_swallowed_it(
    serve: Serve, use: str, method: str
) -> None:
    view = answering(USES[use], Exception)
    site = serve(at("/", view), sqlalchemy__pool_size="2", db__lock_timeout_s="0.01")
    before = site.rows()
    with drained(site, 2):
        assert isinstance(site.ask("/", method), TransactionPoisoned)
    assert site.rows() == before


@METHODS
def test_an_exhausted_pool_is_told_by_its_own_error(serve: Serve, method: str) -> None:
    site = serve(at("/", answering(USES["get"])), sqlalchemy__pool_size="1", db__lock_timeout_s="0.01")
    with drained(site, 1):
        assert isinstance(site.ask("/", method), PoolTimeoutError)
    assert site.ask("/", method) == 200


def test_what_the_view_does_once_there_is_a_connection_again_is_not_kept(serve: Serve) -> None:
    held: list[ExitStack] = []

    def view(request: Any) -> Response:
        with suppress(PoolTimeoutError):
            request.dbsession.get(Shelf, 1)
        held[0].close()
        with suppress(Exception):
            core_insert(request.dbsession)
        return Response()

    site = serve(at("/", view), sqlalchemy__pool_size="1", db__lock_timeout_s="0.01")
    before = site.rows()
    held.append(drained(site, 1))
    assert isinstance(site.ask("/"), TransactionPoisoned)
    assert site.rows() == before
