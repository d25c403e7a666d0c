"""What a view returns: a status, a value to encode, and headers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import msgspec
from pyramid.response import Response

from myapp.http.paging import next_cursor
from myapp.http.request import Request
from myapp.http.table import CSV, Table
from myapp.ledger.views import Page

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful answer; `value` is encoded as JSON.

    `remembered` takes its place for the idempotency key, where the answer must not be kept whole, and `table`
    for a client that would rather have CSV, where the route offers it.
    """

    value: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    remembered: Any = None
    table: Table | None = None

    def encoded(self) -> bytes:
        """Return the body."""
        return msgspec.json.encode(self.value)

    def encoded_to_remember(self) -> bytes:
        """Return the body as it will be answered again."""
        return msgspec.json.encode(self.value if self.remembered is None else self.remembered)


def created(value: Any, *steps: str) -> Answer:
    """Return 201 with the new thing and its address, the path of these steps below `/v1`."""
    location = "/v1/" + "/".join(quote(step, safe="") for step in steps)
    return Answer(value, 201, {"Location": location})


def listed(
    request: Request, page: Page[Any], shape: Callable[[Any], Any] = lambda item: item, **more: Any
) -> Answer:
    """Return a page: the items, and the cursor of the next one."""
    data: Sequence[Any] = [shape(item) for item in page.items]
    return Answer({"data": data, **more, "next": next_cursor(request, page.next_key)})


def respond(answer: Answer, media_type: str = JSON) -> Response:
    """Return the HTTP response of an answer, as JSON or as its table."""
    if answer.table is not None and media_type == CSV:
        body, headers, charset = answer.table.encoded(), answer.table.headers, "utf-8"
    else:
        body, headers, charset = answer.encoded(), {}, None
    response = Response(body, status=answer.status, content_type=media_type)
    response.charset = charset
    response.headers.update({**answer.headers, **headers})
    if answer.table is not None:
        # A cache must not hand one client's CSV to another that asked for JSON.
        response.vary = ["Accept"]
    return response
