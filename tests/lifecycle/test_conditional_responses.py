"""A request that wrote is not answered by a 304 or 416 that WebOb makes of its 200 after the commit."""

from __future__ import annotations

from typing import Any

import pytest
from pyramid.response import Response

from tests.lifecycle.conftest import Serve
from tests.lifecycle.site import Site, at
from tests.lifecycle.writes import core_insert

ASKING = {
    "a range beyond the end": {"Range": "bytes=50-60"},
    "another version": {"If-Match": '"other"'},
    "the same version": {"If-None-Match": '"this"'},
}


def answer(request: Any) -> Response:
    return Response(body=b"abc", conditional_response=True, etag="this")


def writing(request: Any) -> Response:
    core_insert(request.dbsession)
    return answer(request)


def status_of(site: Site, headers: dict[str, str]) -> int:
    return int(site.client().get("/", headers=headers, expect_errors=True).status_int)


@pytest.mark.parametrize("headers", ASKING.values(), ids=ASKING)
def test_a_get_that_writes_answers_what_was_decided(serve: Serve, headers: dict[str, str]) -> None:
    site = serve(at("/", writing, db_mode="write"))
    before = site.rows()
    assert status_of(site, headers) == 200
    assert len(site.rows() - before) == 1


def test_a_get_that_reads_may_answer_by_a_condition(serve: Serve) -> None:
    site = serve(at("/", answer))
    assert [status_of(site, headers) for headers in ASKING.values()] == [416, 200, 304]
