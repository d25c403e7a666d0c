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
from myapp.ledger.views import Page


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful answer; `value` is encoded as JSON.

    `remembered` takes its place for the idempotency key, where the answer must not be kept whole.
    """

    value: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    remembered: Any = None

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


def respond(answer: Answer) -> Response:
    """Return the HTTP response of an answer."""
    response = Response(answer.encoded(), status=answer.status, content_type="application/json")
    response.charset = None
    response.headers.update(answer.headers)
    return response
