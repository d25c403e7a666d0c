"""`stream`: a body with a read-only connection of its own, given back in every case."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError

from myapp.db import stream
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


def test_a_stream_cannot_write(serve: Serve) -> None:
    statement = text("INSERT INTO shelf (id, name, visits) VALUES (7, 'sly', 0) RETURNING name")
    site = serve(at("/sly", lambda request: stream(request, statement, encode), request_method="GET"))
    before = site.rows()
    with pytest.raises(DBAPIError):
        site.client().get("/sly")
    assert site.rows() == before
