"""A subrequest with tweens has a transaction of its own: it may read, and write nothing."""

from __future__ import annotations

from contextlib import suppress

import pytest
from pyramid.request import Request
from pyramid.response import Response
from sqlalchemy import select

from myapp.db import LifecycleViolation
from tests.lifecycle.bookcase import Shelf
from tests.lifecycle.conftest import Serve
from tests.lifecycle.site import at, is_failure
from tests.lifecycle.upper_tween import upper_tween
from tests.lifecycle.writes import core_insert, orm_add, writing


def reading(request) -> Response:
    return Response(",".join(request.dbsession.scalars(select(Shelf.name).order_by(Shelf.name))))


def ask_inside(request, path: str, method: str) -> Response:
    return request.invoke_subrequest(Request.blank(path, method=method), use_tweens=True)


def asking(path: str, method: str, *, swallow: type[Exception] = KeyError, status: int = 200):
    """Return a view that writes, asks another view of the same application, and answers."""

    def view(request) -> Response:
        if request.method == "POST":
            core_insert(request.dbsession)
        with suppress(swallow):
            ask_inside(request, path, method)
        return Response(status=status)

    return view


@pytest.mark.parametrize("status", [200, 409])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_subrequest_cannot_write(serve: Serve, method: str, status: int) -> None:
    site = serve(at("/", asking("/inner/orm_add", "POST", status=status)), writing("/inner/{write}"))
    before = site.rows()
    assert isinstance(site.ask("/", method), LifecycleViolation)
    assert site.rows() == before


def test_swallowing_the_refusal_commits_nothing(serve: Serve) -> None:
    site = serve(at("/", asking("/inner/orm_add", "POST", swallow=Exception)), writing("/inner/{write}"))
    before = site.rows()
    assert is_failure(site.ask("/"))
    assert site.rows() == before


def test_a_subrequest_may_read_what_was_committed_before(serve: Serve) -> None:
    seen = []

    def view(request) -> Response:
        orm_add(request.dbsession)
        request.dbsession.flush()
        seen.append(ask_inside(request, "/inner", "GET").text)
        return Response()

    site = serve(at("/", view), at("/inner", reading))
    assert site.ask("/") == 200
    assert seen == ["first,second"]
    assert len(site.rows()) == 3


def test_a_subrequest_of_a_tween_above_the_transaction_is_a_request_like_any_other(serve: Serve) -> None:
    def before(request) -> None:
        if request.path == "/":
            ask_inside(request, "/inner/orm_add", "POST")

    site = serve(at("/", lambda request: Response()), writing("/inner/{write}"), upper_tween(before=before))
    assert site.ask("/", "GET") == 200
    assert len(site.rows()) == 3


def test_the_next_request_of_the_thread_is_not_taken_for_a_subrequest(serve: Serve) -> None:
    def dying(request) -> Response:
        raise SystemExit

    site = serve(at("/", dying), writing("/inner/{write}"))
    assert isinstance(site.ask("/"), SystemExit)
    assert site.ask("/inner/orm_add") == 200
