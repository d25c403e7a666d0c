"""The connection is lost while COMMIT is in flight: PostgreSQL alone has a connection to lose."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import pytest
from pyramid.response import Response
from sqlalchemy import insert

from myapp.db import CommitOutcomeUnknown, mark_repeatable
from tests.lifecycle import witness
from tests.lifecycle.bookcase import Shelf
from tests.lifecycle.conftest import Serve
from tests.lifecycle.site import at

pytestmark = pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)

# A deferred trigger runs within COMMIT, so ending the backend there cuts the connection on the way.
CUT_AT_COMMIT = """
CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER cut AFTER INSERT ON shelf DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION cut()
"""


@pytest.fixture(autouse=True)
def _cut(bookcase_database: Any) -> None:
    with closing(witness.connect(bookcase_database)) as connection:
        connection.execute(CUT_AT_COMMIT)


def test_it_is_said_to_be_unknown_and_not_repeated(serve: Serve) -> None:
    attempts = []

    def view(request: Any) -> Response:
        attempts.append(request)
        request.dbsession.execute(insert(Shelf).values(id=7, name="new", visits=0))
        return Response(status=201)

    outcome = serve(at("/add", view)).ask("/add")
    assert isinstance(outcome, CommitOutcomeUnknown)
    assert len(attempts) == 1


def test_a_request_that_can_be_repeated_is(serve: Serve) -> None:
    attempts = []

    def view(request: Any) -> Response:
        attempts.append(request)
        mark_repeatable(request)
        if len(attempts) < 3:
            request.dbsession.execute(insert(Shelf).values(id=7, name="new", visits=0))
        return Response(status=201)

    assert serve(at("/add", view)).ask("/add") == 201
    assert len(attempts) == 3


@pytest.mark.parametrize("status", [404, 409, 429, 500])
def test_a_later_attempt_does_not_deny_what_an_earlier_one_may_have_done(serve: Serve, status: int) -> None:
    attempts = []

    def view(request: Any) -> Response:
        attempts.append(request)
        mark_repeatable(request)
        if len(attempts) > 1:
            return Response(status=status)
        request.dbsession.execute(insert(Shelf).values(id=7, name="new", visits=0))
        return Response(status=201)

    assert isinstance(serve(at("/add", view)).ask("/add"), CommitOutcomeUnknown)
    assert len(attempts) == 2
