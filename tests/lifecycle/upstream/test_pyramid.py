"""pyramid 2.1, pyramid_tm 2.6 and pyramid_retry 2.1: when a request commits, is repeated, or is not found."""

from __future__ import annotations

import time
from typing import Any

import pytest
from pyramid.httpexceptions import HTTPFound
from pyramid.request import Request
from pyramid.response import Response
from pyramid_retry import IBeforeRetry, RetryableException
from sqlalchemy import create_engine, select

from tests.lifecycle import witness
from tests.lifecycle.bookcase import Shelf
from tests.lifecycle.conflicts import Serialization
from tests.lifecycle.conftest import Serve
from tests.lifecycle.site import at
from tests.lifecycle.test_retry_matrix import catch_all, no_exception_view
from tests.lifecycle.upper_tween import upper_tween
from tests.lifecycle.upstream.conftest import Stock
from tests.lifecycle.writes import orm_add

ON_POSTGRESQL = pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)


def adding(answer: Any) -> Any:
    """Return a view that adds a shelf by the ORM, which even the stock recipe sees."""

    def view(request: Any) -> Any:
        orm_add(request.dbsession)
        return answer(request)

    return view


def test_a_returned_error_commits(stock: Stock) -> None:
    """Fact 8."""
    site = stock(at("/", adding(lambda request: Response(status=409))))
    assert site.ask("/") == 409
    assert "orm_add" in witness.shelf_names(site.database)


def test_a_redirect_that_is_raised_aborts(stock: Stock) -> None:
    """Fact 8: the client is sent on to see a change that was never made."""

    def leave(request: Any) -> Any:
        raise HTTPFound("/elsewhere")

    site = stock(at("/", adding(leave)))
    assert site.ask("/") == 302
    assert "orm_add" not in witness.shelf_names(site.database)


def test_pyramid_tm_takes_its_mark_away_before_it_ends_the_transaction(serve: Serve) -> None:
    """By that mark `request.tm` tells the tween's calls from the application's."""
    seen = []

    def view(request: Any) -> Response:
        environ = request.environ
        seen.append("tm.active" in environ)
        request.tm.get().addBeforeCommitHook(lambda: seen.append("tm.active" in environ))
        request.dbsession.connection()
        return Response()

    site = serve(at("/", view))
    assert site.ask("/") == 200
    assert seen == [True, False]


STOCK_RETRIES = {
    # The exception views, where the conflict surfaces, whether there is pyramid_tm's veto; and the attempts.
    "a statement's": (no_exception_view, "statement", False, 2),
    "COMMIT's": (no_exception_view, "COMMIT", False, 2),
    "a statement's, caught by a view": (catch_all, "statement", False, 2),
    "COMMIT's, caught by a view": (catch_all, "COMMIT", False, 1),
    "a statement's, caught by a view, with the veto": (catch_all, "statement", True, 1),
}


@ON_POSTGRESQL
@pytest.mark.parametrize(("views", "place", "veto", "attempts"), STOCK_RETRIES.values(), ids=STOCK_RETRIES)
def test_which_conflicts_the_stock_recipe_tries_again(
    stock: Stock, bookcase_database: Any, views: Any, place: str, veto: bool, attempts: int
) -> None:
    """Fact 4: a view for every error switches some retries off, and the veto the rest."""
    conflict = Serialization(place)
    seen = []

    def view(request: Any) -> Response:
        seen.append(request)
        conflict.attempt(request.dbsession, first=len(seen) == 1)
        return Response()

    engine = create_engine(bookcase_database.url, isolation_level="SERIALIZABLE")
    settings = {"tm__commit_veto": "pyramid_tm.default_commit_veto"} if veto else {}
    site = stock(at("/", view), views, engine=engine, **settings)
    conflict.prepare(site)
    site.ask("/")
    engine.dispose()
    assert len(seen) == attempts


def test_a_retry_does_not_wait_and_holds_no_connection(stock: Stock, monkeypatch) -> None:
    """Fact 4: the wait is ours to add, and the event before the retry is a safe place for it."""
    waits: list[float] = []
    held: list[int] = []

    def view(request: Any) -> Response:
        request.dbsession.scalars(select(Shelf)).all()
        raise RetryableException

    def look(config: Any) -> None:
        config.add_subscriber(lambda event: held.append(site.engine.pool.checkedout()), IBeforeRetry)

    site = stock(at("/", view), look)
    monkeypatch.setattr(time, "sleep", waits.append)
    assert isinstance(site.ask("/"), RetryableException)
    assert (waits, held) == ([], [0, 0])


def test_a_session_used_after_the_tween_keeps_a_connection(stock: Stock) -> None:
    """Fact 7: until the collector finds it."""

    def late(request: Any) -> None:
        request.dbsession.scalars(select(Shelf)).all()

    def view(request: Any) -> Response:
        late(request)
        return Response()

    site = stock(upper_tween(after=late), at("/", view))
    site.ask("/")
    assert site.engine.pool.checkedout() == 1


def test_a_view_that_is_ended_from_outside_leaves_its_transaction_open(stock: Stock) -> None:
    """Fact 7: pyramid_tm looks after an Exception, and SystemExit is none."""

    def leave(request: Any) -> Any:
        request.dbsession.flush()
        raise SystemExit

    site = stock(at("/", adding(leave)))
    assert isinstance(site.ask("/"), SystemExit)
    assert site.engine.pool.checkedout() == 1


@pytest.mark.parametrize(("annotates", "opened"), [("true", 1), ("false", 0)])
def test_annotating_the_user_reads_on_pages_that_need_no_database(
    stock: Stock, annotates: str, opened: int
) -> None:
    """Fact 16."""

    class Policy:
        """Knows the user from the database, as most do."""

        def authenticated_userid(self, request: Any) -> object:
            return request.dbsession.scalar(select(Shelf.name).where(Shelf.id == 1))

    def secure(config: Any) -> None:
        config.set_security_policy(Policy())

    site = stock(secure, at("/", lambda request: Response()), tm__annotate_user=annotates)
    assert site.ask("/") == 200
    assert len(site.checkouts) == opened


def test_a_subrequest_with_tweens_commits_although_the_request_around_it_fails(stock: Stock) -> None:
    """Fact 16: it is a request of its own, with a transaction of its own."""

    def outer(request: Any) -> Response:
        inner = Request.blank("/inner", method="POST")
        assert request.invoke_subrequest(inner, use_tweens=True).status_int == 200
        raise ZeroDivisionError

    site = stock(at("/", outer), at("/inner", adding(lambda request: Response())))
    assert isinstance(site.ask("/"), ZeroDivisionError)
    assert "orm_add" in witness.shelf_names(site.database)


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_an_undeclared_method_is_not_found(stock: Stock) -> None:
    """A 405 has to be declared for each route."""
    site = stock(at("/", lambda request: Response(), request_method="GET"))
    assert (site.ask("/", "GET"), site.ask("/", "POST")) == (200, 404)
