"""A database error that a view swallows can never end as a success, unless a savepoint undid it."""

from __future__ import annotations

from contextlib import nullcontext, suppress

import pytest
from pyramid.response import Response
from sqlalchemy import insert, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from myapp.db import TransactionPoisoned
from tests.lifecycle import witness
from tests.lifecycle.bookcase import Shelf
from tests.lifecycle.conftest import Serve
from tests.lifecycle.site import at
from tests.lifecycle.writes import core_insert, orm_add, row


def orm_duplicate(session):
    session.add(Shelf(name="first"))
    session.flush()


def core_duplicate(session):
    session.execute(insert(Shelf.__table__).values(row("first")))


def duplicate_on_the_connection(session):
    session.connection().execute(insert(Shelf.__table__).values(row("first")))


def unreadable(session):
    session.execute(text("SELECT nothing FROM nowhere"))


# A folder that is a file, and a port that no server may have.
UNREACHABLE = {"sqlite": "sqlite:////dev/null/no.sqlite", "postgresql": "postgresql+psycopg://127.0.0.1:1/no"}

FAILURES = pytest.mark.parametrize(
    "fail", [orm_duplicate, core_duplicate, duplicate_on_the_connection, unreadable]
)


def swallowing(fail, guard=lambda session: nullcontext()):
    """Return a view that writes, lets `fail` fail, writes again and answers 200."""

    def view(request):
        session = request.dbsession
        orm_add(session)
        session.flush()
        with suppress(DBAPIError), guard(session):
            fail(session)
        # PostgreSQL refuses every statement of a failed transaction; this error is swallowed as well.
        with suppress(Exception):
            core_insert(session)
        return Response()

    return view


@FAILURES
def test_a_swallowed_error_ends_as_an_error_and_changes_nothing(serve: Serve, fail) -> None:
    site = serve(at("/", swallowing(fail)))
    before = site.rows()
    assert isinstance(site.ask("/"), TransactionPoisoned)
    assert site.rows() == before


@FAILURES
def test_inside_a_savepoint_the_error_is_undone_and_the_rest_is_kept(serve: Serve, fail) -> None:
    site = serve(at("/", swallowing(fail, lambda session: session.begin_nested())))
    assert site.ask("/") == 200
    assert witness.shelf_names(site.database) == {"first", "second", "orm_add", "core_insert"}


@FAILURES
def test_an_error_in_an_inner_savepoint_is_undone_by_the_outer_one(serve: Serve, fail) -> None:
    def nested(session):
        with session.begin_nested():
            fail(session)

    site = serve(at("/", swallowing(nested, lambda session: session.begin_nested())))
    assert site.ask("/") == 200
    assert {"orm_add", "core_insert"} <= witness.shelf_names(site.database)


def test_an_error_before_the_savepoint_is_not_undone_by_it(serve: Serve) -> None:
    def view(request):
        with suppress(IntegrityError):
            core_duplicate(request.dbsession)
        with suppress(DBAPIError), request.dbsession.begin_nested() as savepoint:
            request.dbsession.execute(text("SELECT 1"))
            savepoint.rollback()
        return Response()

    site = serve(at("/", view))
    assert isinstance(site.ask("/"), TransactionPoisoned)


def test_an_error_swallowed_inside_a_released_savepoint_still_counts(serve: Serve) -> None:
    def view(request):
        with suppress(DBAPIError), request.dbsession.begin_nested(), suppress(IntegrityError):
            core_duplicate(request.dbsession)
        return Response()

    site = serve(at("/", view))
    before = site.rows()
    assert isinstance(site.ask("/"), TransactionPoisoned)
    assert site.rows() == before


def test_a_transaction_that_the_driver_lost_unseen_is_not_said_to_be_committed(serve: Serve, dialect) -> None:
    # A cursor of the driver's own passes every event by; only the driver knows what it did.
    losing = {"sqlite": "ROLLBACK", "postgresql": "SELECT nothing FROM nowhere"}[dialect]

    def view(request):
        core_insert(request.dbsession)
        with suppress(Exception):
            request.dbsession.connection().connection.cursor().execute(losing)
        return Response()

    site = serve(at("/", view))
    before = site.rows()
    assert isinstance(site.ask("/"), TransactionPoisoned)
    assert site.rows() == before


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_swallowed_error_of_a_read_counts_too(serve: Serve, method: str) -> None:
    def view(request):
        with suppress(DBAPIError):
            unreadable(request.dbsession)
        return Response()

    site = serve(at("/", view))
    assert isinstance(site.ask("/", method), TransactionPoisoned)


def test_a_returned_error_after_a_swallowed_one_is_left_as_it_is(serve: Serve) -> None:
    def view(request):
        with suppress(DBAPIError):
            core_duplicate(request.dbsession)
        return Response(status=409)

    site = serve(at("/", view))
    assert site.ask("/") == 409


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_database_that_cannot_be_reached_is_not_swallowed_either(
    serve: Serve, dialect: str, method: str
) -> None:
    def view(request):
        with suppress(DBAPIError):
            unreadable(request.dbsession)
        return Response()

    site = serve(at("/", view), sqlalchemy__url=UNREACHABLE[dialect])
    assert isinstance(site.ask("/", method), TransactionPoisoned)


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_savepoint_undoes_nothing_on_a_connection_that_is_lost(serve: Serve, method: str) -> None:
    def view(request):
        session = request.dbsession
        with suppress(DBAPIError), session.begin_nested():
            session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        with suppress(Exception):
            session.execute(text("SELECT 1"))
        return Response()

    site = serve(at("/", view))
    before = site.rows()
    assert isinstance(site.ask("/", method), TransactionPoisoned)
    assert site.rows() == before
