"""An attempt that another one follows is aborted, whatever an exception view has answered for its error."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
from pyramid.response import Response
from sqlalchemy import text

from myapp.db import ConcurrencyConflict
from tests.lifecycle import witness
from tests.lifecycle.bystanders import conflict, forgiving
from tests.lifecycle.conftest import Serve
from tests.lifecycle.site import Site, at
from tests.lifecycle.writes import core_update

DEADLOCK = """
CREATE FUNCTION deadlock() RETURNS integer LANGUAGE plpgsql AS $$
BEGIN RAISE 'as if there were a deadlock' USING ERRCODE = '40P01'; END $$
"""


def asked_inside(_: Any, request: Any) -> Any:
    """Meet a conflict, and let the exception view answer for it on the spot."""
    try:
        conflict()
    except ConcurrencyConflict:
        return request.invoke_exception_view(sys.exc_info())


def undone(session: Any, _: Any) -> None:
    """Meet a conflict of the database's own, undo it with a savepoint, and raise it on."""
    with session.begin_nested():
        session.execute(text("SELECT deadlock()"))


RAISED = {"the view raised it": conflict, "the view asked for the answer": asked_inside}


def meeting(meet: Callable[..., Any], attempts: list[int], times: int = 99) -> Callable[[Any], Response]:
    """Return a view that counts a visit, then meets a conflict at its first `times` attempts."""

    def view(request: Any) -> Any:
        attempts.append(1)
        core_update(request.dbsession)
        answer = meet(request.dbsession, request) if len(attempts) <= times else None
        return answer or Response(status=201)

    return view


def ask(site: Site, attempts: list[int]) -> tuple[Any, int, int]:
    outcome = site.ask("/")
    return outcome, len(attempts), witness.visits(site.database)


@pytest.mark.parametrize("meet", RAISED.values(), ids=RAISED)
def test_the_attempt_that_follows_decides(serve: Serve, meet: Callable[..., Any]) -> None:
    attempts: list[int] = []
    site = serve(at("/", meeting(meet, attempts, times=2)), forgiving)
    assert ask(site, attempts) == (201, 3, 1)


@pytest.mark.parametrize("meet", RAISED.values(), ids=RAISED)
def test_the_last_attempt_is_decided_by_its_status(serve: Serve, meet: Callable[..., Any]) -> None:
    attempts: list[int] = []
    site = serve(at("/", meeting(meet, attempts)), forgiving, db__retry_attempts="3")
    assert ask(site, attempts) == (200, 3, 1)


@pytest.mark.parametrize("meet", RAISED.values(), ids=RAISED)
def test_the_last_attempt_keeps_nothing_if_its_answer_is_an_error(
    serve: Serve, meet: Callable[..., Any]
) -> None:
    attempts: list[int] = []

    def sorry(config: Any) -> None:
        config.add_exception_view(lambda request: Response(status=409), context=ConcurrencyConflict)

    site = serve(at("/", meeting(meet, attempts)), sorry, db__retry_attempts="3")
    assert ask(site, attempts) == (409, 3, 0)


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
def test_a_conflict_that_a_savepoint_undid_is_repeated_too(serve: Serve) -> None:
    attempts: list[int] = []
    site = serve(at("/", meeting(undone, attempts, times=2)), forgiving)
    with closing(witness.connect(site.database)) as connection:
        connection.execute(DEADLOCK)
    assert ask(site, attempts) == (201, 3, 1)
