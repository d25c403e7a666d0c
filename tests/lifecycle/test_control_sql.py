"""SQL that would end the transaction, or outlive it on the pooled connection, is refused."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from pyramid.response import Response
from sqlalchemy import inspect, text

from myapp.db import LifecycleViolation
from tests.lifecycle.conftest import Serve
from tests.lifecycle.site import at, is_failure
from tests.lifecycle.writes import core_insert

REFUSED = [
    "COMMIT",
    "  commit",
    "/* a */ COMMIT",
    "-- a\nCOMMIT",
    "\ufeffCOMMIT",
    "/* a */\ufeff END",
    "\ufeffPRAGMA ignore_check_constraints = ON",
    "SELECT 1; COMMIT",
    "END",
    "ROLLBACK",
    "ROLLBACK TO mine",
    "BEGIN",
    "START TRANSACTION",
    "ABORT",
    "SAVEPOINT mine",
    "RELEASE mine",
    "PREPARE TRANSACTION 'x'",
    "SET statement_timeout = 0",
    "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE",
    "SET TRANSACTION READ WRITE",
    "RESET ALL",
    "DISCARD ALL",
    "PRAGMA query_only = OFF",
    "PRAGMA foreign_keys(0)",
    "ATTACH 'other.sqlite' AS other",
]


@pytest.mark.parametrize("statement", REFUSED)
def test_it_is_refused_and_nothing_is_kept(serve: Serve, statement: str) -> None:
    def view(request: Any) -> Response:
        core_insert(request.dbsession)
        with pytest.raises(LifecycleViolation):
            request.dbsession.execute(text(statement))
        return Response()

    site = serve(at("/", view))
    before = site.rows()
    assert is_failure(site.ask("/"))
    assert site.rows() == before


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
def test_a_setting_of_this_transaction_is_free_and_ends_with_it(serve: Serve) -> None:
    seen = []

    def setting(request: Any) -> Response:
        request.dbsession.execute(text("SET LOCAL work_mem = '5MB'"))
        return Response()

    def looking(request: Any) -> Response:
        seen.append(request.dbsession.scalar(text("SELECT current_setting('work_mem')")))
        return Response()

    site = serve(at("/set", setting), at("/look", looking), sqlalchemy__pool_size="1")
    assert [site.ask("/set"), site.ask("/look", "GET")] == [200, 200]
    assert seen != ["5MB"]


def test_words_inside_a_statement_are_not_control(serve: Serve) -> None:
    def view(request: Any) -> Response:
        request.dbsession.execute(text("UPDATE shelf SET name = 'a; COMMIT' WHERE id = 1"))
        with suppress(ZeroDivisionError), request.dbsession.begin_nested():
            raise ZeroDivisionError
        return Response()

    assert serve(at("/", view)).ask("/") == 200


def test_looking_at_the_schema_is_free(serve: Serve) -> None:
    def view(request: Any) -> Response:
        names = inspect(request.dbsession.connection()).get_columns("shelf")
        return Response(json_body=[each["name"] for each in names])

    assert serve(at("/", view, request_method="GET")).ask("/", "GET") == 200
