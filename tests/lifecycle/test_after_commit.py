"""`after_commit` calls once, if and only if the request committed, with no open session."""

from __future__ import annotations

from typing import Any

import pytest
from pyramid.response import Response
from sqlalchemy import insert

from myapp.db import SessionUnavailable, after_commit
from tests.lifecycle import witness
from tests.lifecycle.bookcase import Book, Shelf
from tests.lifecycle.conftest import Serve
from tests.lifecycle.site import at, is_failure


def adding(calls: list[set[str]], database: Any, status: int) -> Any:
    def view(request: Any) -> Response:
        request.dbsession.execute(insert(Shelf).values(id=7, name="new", visits=0))
        after_commit(request, lambda: calls.append(witness.shelf_names(database)))
        return Response(status=status)

    return view


def test_it_is_called_once_the_change_is_durable(serve: Serve, bookcase_database: Any) -> None:
    calls: list[set[str]] = []
    site = serve(at("/add", adding(calls, bookcase_database, 201)))
    assert site.ask("/add") == 201
    assert calls == [{"first", "second", "new"}]


def test_it_is_not_called_when_the_request_aborts(serve: Serve, bookcase_database: Any) -> None:
    calls: list[set[str]] = []
    site = serve(at("/add", adding(calls, bookcase_database, 409)))
    assert site.ask("/add") == 409
    assert calls == []


def test_the_session_is_over_by_then(serve: Serve) -> None:
    caught: list[Exception] = []

    def use(request: Any) -> None:
        with pytest.raises(SessionUnavailable) as refused:
            request.dbsession.get(Shelf, 1)
        caught.append(refused.value)

    def view(request: Any) -> Response:
        request.dbsession.get(Shelf, 1)
        after_commit(request, use, request)
        return Response()

    assert serve(at("/use", view)).ask("/use") == 200
    assert len(caught) == 1


def test_what_it_raises_changes_nothing(serve: Serve) -> None:
    def view(request: Any) -> Response:
        request.dbsession.execute(insert(Shelf).values(id=7, name="new", visits=0))
        after_commit(request, lambda: 1 / 0)
        return Response(status=201)

    site = serve(at("/add", view))
    assert site.ask("/add") == 201
    assert "new" in witness.shelf_names(site.database)


def test_it_is_not_called_when_the_commit_fails(serve: Serve) -> None:
    called: list[str] = []

    def view(request: Any) -> Response:
        request.dbsession.add(Book(shelf_id=404))
        after_commit(request, called.append, "committed")
        return Response()

    assert is_failure(serve(at("/", view)).ask("/"))
    assert called == []
