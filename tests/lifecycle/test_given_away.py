"""What the request was lent stays with it: its connection, its engine, its options."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from pyramid.response import Response
from sqlalchemy import create_engine, text

from myapp.db import LifecycleViolation
from tests.lifecycle.conftest import Serve
from tests.lifecycle.site import at
from tests.lifecycle.writes import core_insert, driver_sql

Use = Callable[[Any], object]


def in_a_thread(function: Callable[[], object]) -> None:
    """Call a function in another thread, and raise here what it raised there."""
    errors: list[BaseException] = []

    def run() -> None:
        try:
            function()
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]


def elsewhere(use: Use) -> Use:
    """Return what lends the session's connection to another thread."""

    def lend(request: Any) -> None:
        connection = request.dbsession.connection()
        in_a_thread(lambda: use(connection))

    return lend


def leave(request: Any) -> None:
    request.dbsession.execution_options = {}


def strip(request: Any) -> None:
    del request.dbsession.execution_options


def move(request: Any) -> None:
    request.dbsession.bind = create_engine("sqlite://")


def disown(request: Any) -> None:
    request.dbsession.owner = None


REFUSED: dict[str, Use] = {
    "a statement in another thread": elsewhere(lambda connection: connection.execute(text("SELECT 1"))),
    "a write in another thread": elsewhere(lambda connection: driver_sql(_Session(connection))),
    "other options": leave,
    "no options": strip,
    "another engine": move,
    "another owner": disown,
}


class _Session:
    """Has a connection, as a session has."""

    def __init__(self, connection: Any) -> None:
        self.connection = lambda: connection


@pytest.mark.parametrize("give_away", REFUSED.values(), ids=REFUSED)
def test_it_is_refused(serve: Serve, give_away: Use) -> None:
    def view(request: Any) -> Response:
        core_insert(request.dbsession)
        with pytest.raises(LifecycleViolation):
            give_away(request)
        return Response()

    site = serve(at("/", view))
    before = site.rows()
    assert isinstance(site.ask("/"), LifecycleViolation)
    assert site.rows() == before


@pytest.mark.parametrize("give_away", REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_refusal_that_is_swallowed_is_no_success(serve: Serve, give_away: Use, method: str) -> None:
    def view(request: Any) -> Response:
        request.dbsession.execute(text("SELECT 1"))
        with suppress(LifecycleViolation):
            give_away(request)
        return Response()

    assert isinstance(serve(at("/", view)).ask("/", method), LifecycleViolation)
