"""GET, HEAD and OPTIONS cannot change data, and a view may say `db_mode` where its method misleads."""

from __future__ import annotations

import pytest
from pyramid.exceptions import ConfigurationError
from pyramid.response import Response
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from myapp.db import LifecycleViolation, is_unavailable
from tests.lifecycle.bookcase import Shelf
from tests.lifecycle.conftest import Serve
from tests.lifecycle.site import at, is_failure
from tests.lifecycle.writes import core_insert, write_of, writes_for, writing

SAFE_METHODS = pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])


@SAFE_METHODS
def test_a_write_by_a_safe_method_fails_loudly_and_changes_nothing(serve: Serve, method: str) -> None:
    site = serve(writing("/{write}"))
    before = site.rows()
    for write in writes_for(site.database.dialect):
        assert is_failure(site.ask(f"/{write}", method)), write
        assert site.rows() == before, write


def test_it_is_a_defect_of_the_view_and_no_outage(serve: Serve) -> None:
    outcome = serve(writing("/{write}")).ask("/core_insert", "GET")
    assert isinstance(outcome, DBAPIError)
    assert not is_unavailable(outcome.orig)


@SAFE_METHODS
def test_swallowing_the_refusal_does_not_make_it_a_success(serve: Serve, method: str) -> None:
    def view(request):
        try:
            write_of(request)
            request.dbsession.flush()
        except Exception:
            return Response()

    site = serve(at("/{write}", view))
    before = site.rows()
    for write in writes_for(site.database.dialect):
        # A refusal that the view's own savepoint undid is the only one that it may get over.
        assert is_failure(site.ask(f"/{write}", method)) is (write != "in_a_savepoint"), write
        assert site.rows() == before, write


def test_a_get_that_declares_itself_a_writer_is_kept(serve: Serve) -> None:
    site = serve(writing("/{write}", db_mode="write"))
    for write in writes_for(site.database.dialect):
        before = site.rows()
        assert site.ask(f"/{write}", "GET") == 200
        assert site.rows() != before, write


def test_a_post_that_declares_itself_a_reader_cannot_write(serve: Serve) -> None:
    site = serve(writing("/{write}", db_mode="read"))
    before = site.rows()
    for write in writes_for(site.database.dialect):
        assert is_failure(site.ask(f"/{write}")), write
        assert site.rows() == before, write


def test_a_post_that_declares_itself_a_reader_may_read(serve: Serve) -> None:
    site = serve(at("/", read_all, db_mode="read"))
    assert site.ask("/") == 200


def read_all(request):
    request.dbsession.scalars(select(Shelf)).all()
    return Response()


@pytest.mark.parametrize("order", [["GET", "POST", "GET"], ["POST", "GET", "POST"]])
def test_a_pooled_connection_does_not_remember_the_last_requests_mode(serve: Serve, order) -> None:
    views = (at("/", read_all, request_method="GET"), at("/{write}", read_all), writing("/{write}/now"))
    site = serve(*views, sqlalchemy__pool_size="1")
    for number, method in enumerate(order):
        before = site.rows()
        path = "/core_insert/now" if number < 2 else "/orm_add/now"
        assert is_failure(site.ask(path, method)) is (method == "GET")
        assert (site.rows() == before) is (method == "GET")


@pytest.mark.parametrize("value", ["Write", "", "rw", True, 1])
def test_a_wrong_mode_is_refused_when_the_application_starts(serve: Serve, value: object) -> None:
    with pytest.raises(ConfigurationError, match="db_mode"):
        serve(at("/", read_all, db_mode=value))


def test_views_of_one_route_may_differ_in_their_mode(serve: Serve) -> None:
    def add(config):
        config.add_route("both", "/both")
        config.add_view(write_core, route_name="both", request_method="GET", db_mode="write")
        config.add_view(write_core, route_name="both", request_method="POST", db_mode="read")

    site = serve(add)
    assert is_failure(site.ask("/both", "POST"))
    assert site.ask("/both", "GET") == 200


def write_core(request):
    core_insert(request.dbsession)
    return Response()


def reading_root(request):
    request.dbsession.scalars(select(Shelf)).all()
    return {}


@pytest.mark.parametrize(("method", "mode"), [("GET", "write"), ("POST", "read")])
def test_a_session_used_before_its_view_declares_another_mode_is_a_clear_error(
    serve: Serve, method: str, mode: str
) -> None:
    site = serve(lambda config: config.set_root_factory(reading_root), at("/", read_all, db_mode=mode))
    error = site.ask("/", method)
    assert isinstance(error, LifecycleViolation)
    assert f'db_mode="{mode}"' in str(error)


def test_an_exception_view_cannot_make_a_success_of_that_error(serve: Serve) -> None:
    def forgive(config):
        config.add_exception_view(lambda request: Response(), context=Exception)

    def writing_root(request):
        core_insert(request.dbsession)
        return {}

    parts = (lambda config: config.set_root_factory(writing_root), at("/", read_all, db_mode="read"))
    site = serve(forgive, *parts)
    before = site.rows()
    assert isinstance(site.ask("/"), LifecycleViolation)
    assert site.rows() == before


@pytest.mark.parametrize(("method", "mode"), [("GET", "read"), ("POST", "write")])
def test_a_session_used_before_its_view_declares_the_same_mode_is_fine(
    serve: Serve, method: str, mode: str
) -> None:
    site = serve(lambda config: config.set_root_factory(reading_root), at("/", read_all, db_mode=mode))
    assert site.ask("/", method) == 200
