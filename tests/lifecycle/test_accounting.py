"""What a request cost is told, and told right."""

from __future__ import annotations

import re
from typing import Any

from pyramid.response import Response
from sqlalchemy import insert

from myapp.db import usage
from tests.lifecycle.bookcase import Shelf
from tests.lifecycle.conftest import Serve
from tests.lifecycle.site import at


def writing(request: Any) -> Response:
    request.dbsession.get(Shelf, 1)
    request.dbsession.execute(insert(Shelf).values(id=7, name="new", visits=0))
    return Response(status=201)


def test_the_development_header_counts_the_applications_statements(serve: Serve) -> None:
    site = serve(at("/add", writing), db__report_header="true")
    header = site.client().post("/add").headers["X-DB"]
    assert re.fullmatch(r"write; 2 statements; [0-9]+\.[0-9] ms; attempt 1", header)


def test_a_request_that_needs_no_database_says_none(serve: Serve) -> None:
    site = serve(at("/idle", lambda request: Response()), db__report_header="true")
    assert site.client().get("/idle").headers["X-DB"] == "none; 0 statements; 0.0 ms; attempt 1"


def test_strangers_are_told_nothing(serve: Serve) -> None:
    site = serve(at("/add", writing))
    assert "X-DB" not in site.client().post("/add").headers


def test_a_view_can_ask_for_it(serve: Serve) -> None:
    seen: list[Any] = []

    def view(request: Any) -> Response:
        request.dbsession.get(Shelf, 1)
        seen.append(usage(request))
        return Response()

    serve(at("/look", view, request_method="GET")).ask("/look", "GET")
    assert (seen[0].mode, seen[0].statements, seen[0].attempt) == ("read", 1, 1)
    assert seen[0].seconds > 0
