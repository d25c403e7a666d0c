"""Each attempt reads the request's body from its beginning, whatever the one before has read of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pyramid.response import Response

from myapp.db import ConcurrencyConflict
from tests.lifecycle.conftest import Serve
from tests.lifecycle.site import at

BODY = b'["what was sent"]'


def half(request: Any) -> bytes:
    """Read a half, and at the next attempt the whole."""
    return bytes(request.body_file.read(4 if request.environ["retry.attempt"] == 0 else -1))


def uploaded(request: Any) -> bytes:
    return bytes(request.POST["file"].file.read())


READ: dict[str, Callable[[Any], bytes]] = {
    "body": lambda request: request.body,
    "file": lambda request: request.body_file.read(),
    "half of the file": half,
    "JSON": lambda request: BODY if request.json_body == ["what was sent"] else b"",
}


def conflicting(read: Callable[[Any], bytes], seen: list[bytes]) -> Callable[[Any], Response]:
    """Return a view that reads, and meets a conflict at its first attempt."""

    def view(request: Any) -> Response:
        seen.append(read(request))
        if len(seen) == 1:
            raise ConcurrencyConflict
        return Response()

    return view


@pytest.mark.parametrize("read", READ.values(), ids=READ.keys())
def test_the_second_attempt_has_the_whole_body(serve: Serve, read: Callable[[Any], bytes]) -> None:
    seen: list[bytes] = []
    site = serve(at("/", conflicting(read, seen)))
    assert site.client().post("/", BODY, content_type="application/json").status_int == 200
    assert (len(seen), seen[1]) == (2, BODY)


def test_the_second_attempt_has_the_whole_file(serve: Serve) -> None:
    seen: list[bytes] = []
    site = serve(at("/", conflicting(uploaded, seen)))
    assert site.client().post("/", upload_files=[("file", "name", BODY)]).status_int == 200
    assert seen == [BODY, BODY]
