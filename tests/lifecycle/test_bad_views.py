"""Views that do what no view should: each ends in a clear error or as it says, nothing lost or leaked."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pyramid.response import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from myapp.db import LifecycleViolation, SessionUnavailable
from tests.lifecycle import witness
from tests.lifecycle.bookcase import Book, Shelf
from tests.lifecycle.conftest import Serve
from tests.lifecycle.site import at, is_failure, is_success
from tests.lifecycle.writes import core_insert, orm_add, write_of, writes_for

WAIT_S = 30.0
METHODS = pytest.mark.parametrize("method", ["GET", "POST"])


def read(request: Any) -> list[str]:
    return list(request.dbsession.scalars(select(Shelf.name)))


@pytest.mark.parametrize("death", [KeyboardInterrupt, GeneratorExit, asyncio.CancelledError, SystemExit])
def test_a_view_that_is_ended_from_outside_leaves_nothing(serve: Serve, death: type[BaseException]) -> None:
    def view(request: Any) -> Response:
        write_of(request)
        request.dbsession.flush()
        raise death

    site = serve(at("/{write}", view), at("/after/{write}", writing), sqlalchemy__pool_size="1")
    before = site.rows()
    for write in writes_for(site.database.dialect):
        with pytest.raises(death):
            site.client().post(f"/{write}")
        assert site.engine.pool.checkedout() == 0, write
        assert site.rows() == before, write
    assert site.ask("/after/core_insert") == 200


def writing(request: Any) -> Response:
    write_of(request)
    return Response()


@METHODS
def test_a_body_that_asks_for_more_after_the_end_is_refused(serve: Serve, method: str) -> None:
    def view(request: Any) -> Response:
        read(request)
        return Response(app_iter=lazily(request))

    site = serve(at("/", view))
    with pytest.raises(SessionUnavailable):
        site.client().request("/", method=method)
    assert len(site.checkouts) == 1


def lazily(request: Any) -> Iterator[bytes]:
    for name in read(request):
        yield name.encode()


def test_a_write_in_a_body_is_refused_and_not_kept(serve: Serve) -> None:
    def late(request: Any) -> Iterator[bytes]:
        core_insert(request.dbsession)
        yield b"late"

    def view(request: Any) -> Response:
        orm_add(request.dbsession)
        return Response(app_iter=late(request))

    site = serve(at("/", view))
    with pytest.raises(SessionUnavailable):
        site.client().post("/")
    # The headers had said 200 by then, and what the view itself wrote is durable.
    assert witness.shelf_names(site.database) == {"first", "second", "orm_add"}


USES: dict[str, Callable[[Any], object]] = {
    "read": read,
    "write": lambda request: core_insert(request.dbsession),
    "add": lambda request: orm_add(request.dbsession),
    "commit": lambda request: request.dbsession.commit(),
    "savepoint": lambda request: request.dbsession.begin_nested(),
}


@METHODS
@pytest.mark.parametrize("use", USES)
def test_a_thread_that_outlives_the_request_is_refused(serve: Serve, use: str, method: str) -> None:
    over = threading.Event()
    errors: list[Exception] = []
    threads: list[threading.Thread] = []

    def late(request: Any) -> None:
        over.wait(WAIT_S)
        try:
            USES[use](request)
        except Exception as error:
            errors.append(error)

    def view(request: Any) -> Response:
        read(request)
        threads.append(threading.Thread(target=late, args=[request], daemon=True))
        threads[0].start()
        return Response()

    site = serve(at("/", view))
    before = site.rows()
    assert site.ask("/", method) == 200
    over.set()
    threads[0].join(WAIT_S)
    assert [type(error) for error in errors] == [SessionUnavailable]
    assert (len(site.checkouts), site.rows()) == (1, before)


@pytest.mark.parametrize("use", ["write", "add"])
def test_a_session_first_opened_in_another_thread_loses_nothing_under_a_success(
    serve: Serve, use: str
) -> None:
    def view(request: Any) -> Response:
        thread = threading.Thread(target=USES[use], args=[request], daemon=True)
        thread.start()
        thread.join(WAIT_S)
        return Response()

    site = serve(at("/", view))
    before = site.rows()
    outcome = site.ask("/")
    assert is_success(outcome) is (site.rows() != before)


def dangling(session: Session) -> None:
    """Put a book on a shelf that is not there, which COMMIT finds out."""
    session.add(Book(shelf_id=404))
    session.flush()


@METHODS
def test_a_request_cannot_have_a_second_session(serve: Serve, method: str) -> None:
    def view(request: Any) -> Response:
        read(request)
        del request.dbsession
        read(request)
        return Response()

    site = serve(at("/", view))
    assert isinstance(site.ask("/", method), LifecycleViolation)


@pytest.mark.parametrize("order", [[core_insert, dangling], [dangling, core_insert]])
def test_of_two_sessions_one_cannot_be_kept_without_the_other(
    serve: Serve, order: list[Callable[[Session], object]]
) -> None:
    def view(request: Any) -> Response:
        order[0](request.dbsession)
        del request.dbsession
        order[1](request.dbsession)
        return Response()

    site = serve(at("/", view), db__lock_timeout_s="0.05", db__retry_attempts="1")
    before = site.rows()
    assert is_failure(site.ask("/"))
    assert site.rows() == before
