"""`stream`: a body with a read-only connection of its own, given back in every case."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from pyramid.request import Request
from pyramid.response import Response
from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import DBAPIError
from webob.request import BaseRequest

from myapp.db import ConcurrencyConflict, LifecycleViolation, Rows, stream, stream_written
from tests.lifecycle.bookcase import Shelf
from tests.lifecycle.conftest import Serve
from tests.lifecycle.site import Site, at


def encode(row: Any) -> bytes:
    return f"{row.name}\n".encode()


def export(request: Any) -> Any:
    return stream(request, select(Shelf.name).order_by(Shelf.id), encode, content_type="text/plain")


def fill(site: Site, count: int) -> None:
    rows = [{"id": number, "name": f"shelf {number}", "visits": 0} for number in range(100, 100 + count)]
    with site.engine.begin() as connection:
        connection.execute(insert(Shelf), rows)


def body_of(site: Site, path: str) -> Any:
    """Return the body as a WSGI server gets it, before a single chunk was asked for."""
    environ = site.client().get(path).request.environ
    return site.app(environ, lambda *_: None)


def test_a_stream_sends_every_row_and_gives_its_connection_back(serve: Serve) -> None:
    site = serve(at("/export", export, request_method="GET"))
    fill(site, 1_200)
    lines = site.client().get("/export").text.splitlines()
    assert len(lines) == 1_202
    assert lines[:2] == ["first", "second"]


def test_a_client_that_goes_away_gives_the_connection_back(serve: Serve) -> None:
    site = serve(at("/export", export, request_method="GET"))
    fill(site, 1_200)
    body = body_of(site, "/export")
    chunks = iter(body)
    assert next(chunks).startswith(b"first")
    assert site.engine.pool.checkedout() == 1
    body.close()
    assert site.engine.pool.checkedout() == 0


def test_a_stream_holds_no_connection_before_it_is_read(serve: Serve) -> None:
    site = serve(at("/export", export, request_method="GET"))
    body = body_of(site, "/export")
    assert site.engine.pool.checkedout() == 0
    body.close()


def test_a_stream_is_one_snapshot_although_others_write(serve: Serve) -> None:
    site = serve(at("/export", export, request_method="GET"))
    fill(site, 1_200)
    body = body_of(site, "/export")
    chunks = iter(body)
    first = next(chunks)
    with site.engine.begin() as connection:
        connection.execute(insert(Shelf).values(id=9_999, name="late", visits=0))
    rest = b"".join(chunks)
    body.close()
    assert b"late" not in first + rest


def side_by_side(rows: Rows) -> Iterator[bytes]:
    """Yield each row twice, from two results that are read at once, and how many there are at the end."""
    ordered = select(Shelf.name).order_by(Shelf.id)
    yield from (encode(row) for pair in zip(rows(ordered), rows(ordered), strict=True) for row in pair)
    yield from (b"%d" % row.count for row in rows(select(func.count().label("count")).select_from(Shelf)))


def test_a_stream_of_several_statements_is_one_snapshot_too(serve: Serve) -> None:
    view = at("/export", lambda request: stream_written(request, side_by_side), request_method="GET")
    site = serve(view)
    fill(site, 1_200)
    body = body_of(site, "/export")
    chunks = iter(body)
    first = next(chunks)
    assert site.engine.pool.checkedout() == 1
    with site.engine.begin() as connection:
        connection.execute(insert(Shelf).values(id=9_999, name="late", visits=0))
    lines = (first + b"".join(chunks)).split(b"\n")
    assert site.engine.pool.checkedout() == 0
    assert lines[:4] == [b"first", b"first", b"second", b"second"]
    assert (len(lines), lines[-1]) == (2 * 1_202 + 1, b"1202")


def test_a_client_that_leaves_several_statements_gives_the_connection_back(serve: Serve) -> None:
    view = at("/export", lambda request: stream_written(request, side_by_side), request_method="GET")
    site = serve(view)
    fill(site, 1_200)
    body = body_of(site, "/export")
    chunks = iter(body)
    next(chunks)
    assert site.engine.pool.checkedout() == 1
    body.close()
    assert site.engine.pool.checkedout() == 0


def test_a_body_that_fails_halfway_gives_the_connection_back(serve: Serve) -> None:
    def broken(rows: Rows) -> Iterator[bytes]:
        yield from map(encode, rows(select(Shelf.name)))
        raise RuntimeError("halfway")

    site = serve(at("/export", lambda request: stream_written(request, broken), request_method="GET"))
    with pytest.raises(RuntimeError, match="halfway"):
        site.client().get("/export")
    assert site.engine.pool.checkedout() == 0


def test_a_stream_cannot_write(serve: Serve) -> None:
    statement = text("INSERT INTO shelf (id, name, visits) VALUES (7, 'sly', 0) RETURNING name")
    site = serve(at("/sly", lambda request: stream(request, statement, encode), request_method="GET"))
    before = site.rows()
    with pytest.raises(DBAPIError):
        site.client().get("/sly")
    assert site.rows() == before


def test_a_database_that_fails_before_the_first_byte_is_answered_as_anywhere_else(serve: Serve) -> None:
    def broken(request: Any) -> Any:
        return stream(request, text("SELECT name FROM nowhere"), encode)

    site = serve(at("/export", broken, request_method="GET"))
    environ = {**BaseRequest.blank("/export").environ}
    with pytest.raises(DBAPIError):
        site.app(environ, lambda *_: pytest.fail("answered before it failed"))
    assert site.engine.pool.checkedout() == 0


def test_the_beginning_of_a_stream_is_tried_again_after_a_conflict(serve: Serve) -> None:
    attempts = []

    def busy(request: Any) -> Any:
        def write(rows: Rows) -> Iterator[bytes]:
            attempts.append(request)
            yield from map(encode, rows(select(Shelf.name)))
            if len(attempts) < 2:
                raise ConcurrencyConflict("somebody was faster")

        return stream_written(request, write, content_type="text/plain")

    site = serve(at("/export", busy, request_method="GET"))
    assert site.client().get("/export").text.splitlines() == ["first", "second"]
    assert len(attempts) == 2
    assert site.engine.pool.checkedout() == 0


def test_a_head_request_reads_no_stream(serve: Serve) -> None:
    written: list[bytes] = []

    def export(request: Any) -> Any:
        return stream_written(request, lambda rows: written)

    site = serve(at("/export", export, request_method=("GET", "HEAD")))
    site.client().head("/export", status=200)
    assert site.engine.pool.checkedout() == 0


def test_a_request_that_may_write_has_no_stream(serve: Serve) -> None:
    def post(request: Any) -> Any:
        request.dbsession.add(Shelf(id=7, name="new", visits=0))
        with suppress(LifecycleViolation):
            return export(request)
        return Response("swallowed")

    site = serve(at("/post", post), at("/export", export, request_method="POST", db_mode="read"))
    before = site.rows()
    with pytest.raises(LifecycleViolation, match="A stream begins when"):
        site.client().post("/post")
    assert site.rows() == before
    assert site.client().post("/export").text.splitlines() == ["first", "second"]


def test_a_stream_whose_answer_is_dropped_gives_its_connection_back(serve: Serve) -> None:
    def failing(request: Any, response: Any) -> None:
        raise RuntimeError("dropped")

    def export_and_fail(request: Any) -> Any:
        request.add_response_callback(failing)
        return export(request)

    site = serve(at("/export", export_and_fail, request_method="GET"))
    fill(site, 1_200)
    with suppress(RuntimeError):
        site.client().get("/export")
    assert site.engine.pool.checkedout() == 0


@pytest.mark.parametrize("keeps", [True, False])
def test_a_subrequests_stream_is_sent_whole_or_dropped(serve: Serve, keeps: bool) -> None:
    def outer(request: Any) -> Any:
        answer = request.invoke_subrequest(Request.blank("/export"), use_tweens=True)
        return answer if keeps else Response("kept nothing")

    site = serve(at("/export", export, request_method="GET"), at("/outer", outer, request_method="GET"))
    fill(site, 1_200)
    assert len(site.client().get("/outer").text.splitlines()) == (1_202 if keeps else 1)
    assert site.engine.pool.checkedout() == 0
