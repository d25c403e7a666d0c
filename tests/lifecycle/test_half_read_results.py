"""A result that was read by half and kept past the request is closed: it cannot go on, nor stand in the way.

On SQLite its statement would hold a snapshot open on the pooled connection; on PostgreSQL a streaming
cursor would send its next FETCH into somebody else's transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from typing import Any

import pytest
from pyramid.response import Response
from sqlalchemy import Result, event, select, text
from sqlalchemy.orm import Session

from tests.lifecycle import witness
from tests.lifecycle.bookcase import Shelf
from tests.lifecycle.conftest import Serve, leftovers
from tests.lifecycle.site import Site, at
from tests.lifecycle.writes import core_insert, writing

NAMES = select(Shelf.name)
# Each streams: of the rows it fetches one at a time, or asks the server for one at a time.
RESULTS: dict[str, Callable[[Session], Result[Any]]] = {
    "ORM": lambda session: session.execute(NAMES).yield_per(1),
    "ORM, streamed": lambda session: session.execute(NAMES, execution_options={"yield_per": 1}),
    "Core": lambda session: session.connection().execute(NAMES),
    "Core, streamed": lambda session: session.connection().execute(
        NAMES, execution_options={"stream_results": True, "max_row_buffer": 1}
    ),
    "driver SQL": lambda session: session.connection().exec_driver_sql("SELECT name FROM shelf"),
    "text": lambda session: session.execute(text("SELECT name FROM shelf")),
}
METHODS = pytest.mark.parametrize("method", ["GET", "POST"])
EACH = pytest.mark.parametrize("result", RESULTS)


class Kept:
    """A site whose view reads one row of a result and keeps the rest for later."""

    def __init__(self, serve: Serve, result: str) -> None:
        self.result = result
        self.rest: list[Iterator[Any]] = []
        parts = (at("/", self._view), writing("/{write}"))
        self.site: Site = serve(*parts, sqlalchemy__pool_size="1", db__lock_timeout_s="0.1")

    def _view(self, request: Any) -> Response:
        rows = iter(RESULTS[self.result](request.dbsession))
        next(rows)
        self.rest.append(rows)
        return Response()


@METHODS
@EACH
def test_it_does_not_hinder_the_next_writer(serve: Serve, result: str, method: str) -> None:
    kept = Kept(serve, result)
    assert kept.site.ask("/", method) == 200
    with closing(witness.connect(kept.site.database)) as other:
        other.execute("UPDATE shelf SET visits = visits + 1")
    assert kept.site.ask("/core_insert") == 200
    assert witness.visits(kept.site.database) == 1


@METHODS
@EACH
def test_going_on_with_it_touches_no_connection(serve: Serve, result: str, method: str) -> None:
    kept = Kept(serve, result)
    assert kept.site.ask("/", method) == 200
    statements = len(kept.site.statements)
    with suppress(Exception):
        list(kept.rest[0])
    assert leftovers(kept.site) == []
    assert len(kept.site.statements) == statements
    assert kept.site.ask("/core_insert") == 200


@pytest.mark.parametrize("error", [TimeoutError, ValueError])
def test_what_is_raised_within_a_statement_leaves_the_next_writer_free(
    serve: Serve, error: type[Exception]
) -> None:
    # SQLAlchemy takes the first for the end of a task, and gives the connection up.
    def view(request: Any) -> Response:
        core_insert(request.dbsession)
        connection = request.dbsession.connection()
        half = connection.execute(text("SELECT id FROM shelf"))
        half.fetchone()

        def interrupt(*_: Any) -> None:
            raise error

        event.listen(connection, "after_cursor_execute", interrupt)
        connection.execute(text("SELECT 1"))
        raise AssertionError(half)

    site = serve(at("/", view), writing("/{write}"), db__lock_timeout_s="0.5", db__retry_attempts="1")
    before = site.rows()
    outcome = site.ask("/")
    assert site.rows() == before
    assert site.ask("/core_insert") == 200
    # Until here it has held its traceback, and with it what was read by half.
    assert isinstance(outcome, error)


def test_what_a_write_returned_may_be_read_by_half(serve: Serve) -> None:
    kept: list[Any] = []

    def view(request: Any) -> Response:
        more = "INSERT INTO shelf (id, name, visits) VALUES (8, 'a', 0), (9, 'b', 0) RETURNING id"
        returned = request.dbsession.connection().exec_driver_sql(more)
        kept.append((returned.fetchone(), returned))
        return Response()

    site = serve(at("/", view))
    assert site.ask("/") == 200
    assert witness.shelf_names(site.database) >= {"a", "b"}
