"""A request attempt makes at most one session, and a session nobody uses costs no I/O."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pyramid.response import Response
from sqlalchemy import event, select

from myapp.db import OwnedSession
from tests.lifecycle.bookcase import Shelf
from tests.lifecycle.conftest import Serve
from tests.lifecycle.site import at


@pytest.fixture
def sessions() -> Iterator[set[OwnedSession]]:
    """Collect every session that begins, wherever it was made."""
    seen: set[OwnedSession] = set()

    def note(session, transaction):
        seen.add(session)

    event.listen(OwnedSession, "after_transaction_create", note)
    yield seen
    event.remove(OwnedSession, "after_transaction_create", note)


def reading_twice(request):
    for _ in range(2):
        request.dbsession.scalars(select(Shelf)).all()
    return Response()


def touching(request):
    assert request.dbsession is request.dbsession
    return Response()


METHODS = pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST", "DELETE"])


@METHODS
def test_a_request_without_the_database_makes_no_session_and_no_io(serve: Serve, sessions, method) -> None:
    site = serve(at("/", lambda request: Response()))
    assert site.ask("/", method) == 200
    assert (len(sessions), site.checkouts, site.statements) == (0, [], [])


@METHODS
def test_a_session_that_is_only_touched_does_no_io(serve: Serve, sessions, method) -> None:
    site = serve(at("/", touching))
    assert site.ask("/", method) == 200
    assert (len(sessions), site.checkouts, site.statements) == (1, [], [])


@METHODS
def test_a_request_uses_one_session_and_one_connection_however_often_it_asks(
    serve: Serve, sessions, method
) -> None:
    site = serve(at("/", reading_twice))
    assert site.ask("/", method) == 200
    assert (len(sessions), len(site.checkouts)) == (1, 1)


def test_two_requests_never_share_a_session(serve: Serve, sessions) -> None:
    site = serve(at("/", reading_twice))
    site.ask("/")
    site.ask("/")
    assert len(sessions) == 2


def test_no_object_of_one_request_reaches_the_next(serve: Serve) -> None:
    seen = []

    def view(request):
        seen.append(request.dbsession.get(Shelf, 1))
        return Response()

    site = serve(at("/", view))
    site.ask("/", "GET")
    site.ask("/", "GET")
    assert seen[0] is not seen[1]
