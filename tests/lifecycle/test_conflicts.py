"""A conflict with another writer is met with another attempt, and no attempt is ever applied twice."""

from __future__ import annotations

from contextlib import closing, suppress

import pytest
from pyramid.response import Response
from pyramid_retry import IBeforeRetry, RetryableException
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError, OperationalError

from tests.lifecycle import witness
from tests.lifecycle.bookcase import Shelf
from tests.lifecycle.conftest import Serve
from tests.lifecycle.site import at, is_failure

ADD_ONE = "UPDATE shelf SET visits = visits + 1 WHERE id = {}"
SERIALIZABLE = {"sqlalchemy__isolation_level": "SERIALIZABLE"}

ON_SQLITE = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
ON_POSTGRESQL = pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)


def no_exception_view(config) -> None:
    """Add nothing."""


def forgive_all(config) -> None:
    """Answer 200 to any error, also to that of a failed COMMIT."""
    config.add_exception_view(lambda request: Response(status=200), context=Exception)


def catch_all(config) -> None:
    """Answer 500 to any error, which in the stock recipe switches retries at COMMIT off."""
    config.add_exception_view(lambda request: Response(status=500), context=Exception)


EXCEPTION_VIEWS = pytest.mark.parametrize("exception_views", [no_exception_view, catch_all, forgive_all])


class Counted:
    """A view that remembers its requests, to count attempts."""

    def __init__(self, work) -> None:
        self.work = work
        self.requests = []

    def __call__(self, request):
        self.requests.append(request)
        self.work(request.dbsession, first=len(self.requests) == 1)
        return Response()


def count_visit(session, *, first) -> None:
    session.get(Shelf, 1).visits += 1


@ON_SQLITE
@EXCEPTION_VIEWS
def test_a_writer_that_finds_the_database_busy_tries_again(serve: Serve, exception_views) -> None:
    view = Counted(count_visit)
    # The other writer gives way between two attempts.
    other = []

    def give_way(config):
        config.add_subscriber(lambda event: other[0].execute("COMMIT"), IBeforeRetry)

    site = serve(at("/", view), exception_views, give_way, db__lock_timeout_s="0.05")
    with closing(witness.connect(site.database)) as writer:
        other.append(writer)
        writer.execute("BEGIN IMMEDIATE")
        writer.execute(ADD_ONE.format(1))
        assert site.ask("/") == 200
    assert witness.visits(site.database) == 2
    assert len(view.requests) == 2


@ON_SQLITE
@EXCEPTION_VIEWS
def test_attempts_are_bounded_by_the_setting(serve: Serve, exception_views) -> None:
    view = Counted(count_visit)
    site = serve(at("/", view), exception_views, db__lock_timeout_s="0.01", db__retry_attempts="3")
    with closing(witness.connect(site.database)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        assert is_failure(site.ask("/"))
        writer.execute("ROLLBACK")
    assert len(view.requests) == 3
    assert witness.visits(site.database) == 0


@ON_POSTGRESQL
@EXCEPTION_VIEWS
def test_a_serialization_failure_of_a_statement_is_tried_again(serve: Serve, exception_views) -> None:
    def work(session, *, first) -> None:
        visits = session.scalars(select(Shelf.visits).where(Shelf.id == 1)).one()
        if first:
            interfere(site.database, [ADD_ONE.format(1)])
        session.execute(update(Shelf).where(Shelf.id == 1).values(visits=visits + 1))

    view = Counted(work)
    site = serve(at("/", view), exception_views, **SERIALIZABLE)
    assert site.ask("/") == 200
    assert (witness.visits(site.database), len(view.requests)) == (2, 2)


@ON_POSTGRESQL
@EXCEPTION_VIEWS
def test_a_serialization_failure_of_a_flush_is_tried_again(serve: Serve, exception_views) -> None:
    def work(session, *, first) -> None:
        shelf = session.get(Shelf, 1)
        if first:
            interfere(site.database, [ADD_ONE.format(1)])
        shelf.visits += 1

    view = Counted(work)
    site = serve(at("/", view), exception_views, **SERIALIZABLE)
    assert site.ask("/") == 200
    assert (witness.visits(site.database), len(view.requests)) == (2, 2)


@ON_POSTGRESQL
@EXCEPTION_VIEWS
def test_a_serialization_failure_at_commit_is_tried_again(serve: Serve, exception_views) -> None:
    def work(session, *, first) -> None:
        # Write skew: each of the two reads what the other one writes, so no order of them is right.
        session.scalars(select(Shelf.visits).where(Shelf.id == 2)).one()
        session.execute(update(Shelf).where(Shelf.id == 1).values(visits=Shelf.visits + 1))
        if first:
            interfere(site.database, ["SELECT visits FROM shelf WHERE id = 1", ADD_ONE.format(2)])

    view = Counted(work)
    site = serve(at("/", view), exception_views, **SERIALIZABLE)
    assert site.ask("/") == 200
    assert (witness.visits(site.database, 1), witness.visits(site.database, 2)) == (1, 1)
    assert len(view.requests) == 2


@ON_POSTGRESQL
def test_a_conflict_that_the_view_swallowed_is_no_success(serve: Serve) -> None:
    def work(session, *, first) -> None:
        shelf = session.get(Shelf, 1)
        interfere(site.database, [ADD_ONE.format(1)])
        shelf.visits += 10
        with suppress(DBAPIError):
            session.flush()

    site = serve(at("/", Counted(work)), db__retry_attempts="2", **SERIALIZABLE)
    assert is_failure(site.ask("/"))
    assert witness.visits(site.database) < 10


@ON_POSTGRESQL
def test_a_conflict_that_the_view_swallowed_is_tried_again_too(serve: Serve) -> None:
    def work(session, *, first) -> None:
        shelf = session.get(Shelf, 1)
        if first:
            interfere(site.database, [ADD_ONE.format(1)])
        shelf.visits += 10
        with suppress(DBAPIError):
            session.flush()

    view = Counted(work)
    site = serve(at("/", view), **SERIALIZABLE)
    assert site.ask("/") == 200
    assert (witness.visits(site.database), len(view.requests)) == (11, 2)


def interfere(database, statements) -> None:
    """Commit a whole transaction of somebody else's, now."""
    with closing(witness.connect(database)) as other:
        other.execute("BEGIN ISOLATION LEVEL SERIALIZABLE")
        for statement in statements:
            other.execute(statement)
        other.execute("COMMIT")


def test_every_attempt_has_a_request_and_a_session_of_its_own(serve: Serve) -> None:
    sessions = []

    def work(session, *, first) -> None:
        sessions.append(session)
        count_visit(session, first=first)
        session.flush()
        if first:
            raise RetryableException

    view = Counted(work)
    site = serve(at("/", view))
    assert site.ask("/") == 200
    assert witness.visits(site.database) == 1
    assert (len(set(map(id, view.requests))), len(set(map(id, sessions)))) == (2, 2)


def test_other_errors_are_not_tried_again(serve: Serve) -> None:
    view = Counted(lambda session, *, first: session.connection().exec_driver_sql("SELECT nothing"))
    site = serve(at("/", view))
    assert isinstance(site.ask("/"), DBAPIError)
    assert len(view.requests) == 1


@ON_SQLITE
def test_the_error_keeps_its_type_for_whoever_catches_it(serve: Serve) -> None:
    site = serve(at("/", Counted(count_visit)), db__lock_timeout_s="0.01", db__retry_attempts="1")
    with closing(witness.connect(site.database)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        assert type(site.ask("/")) is OperationalError
        writer.execute("ROLLBACK")
