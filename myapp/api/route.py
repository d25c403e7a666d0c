"""What one row of the route table says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pyramid.response import Response

from myapp.api.answer import Answer
from myapp.http.request import Request

View = Callable[..., Answer | Response]


@dataclass(frozen=True, slots=True)
class Route:
    """A method on a path: who may call it, what it reads, what it costs.

    A body is decoded as the struct `body`, or read by `reader` where it is no JSON of ours; both happen
    before the database is asked for anything. `budget` is the most statements that the view may send.
    The answers of `idempotent` routes are remembered by their key; posting does that in its own write.
    An address outside every ledger is closed to writers of one ledger, unless the view keeps to what is that
    ledger's: `own_share`. Without a `permission` no key is needed.

    `answer` is the shape of a success and `status` its status; `also_as` are the media types that it can have
    besides JSON, which clients ask for with `Accept`. `codes` are those of its refusals that do not
    follow from the rest (see `myapp.api.refusals`). The OpenAPI document and the reference are made of these.
    """

    method: str
    path: str
    view: View
    permission: str | None
    doc: str
    budget: int
    body: type | None = None
    # Whether no body at all means an empty object.
    body_optional: bool = False
    reader: Callable[[Request, bytes], Any] | None = None
    media_types: tuple[str, ...] = ("application/json",)
    # The name of the setting that limits the body's size.
    bytes_max: str = "body_bytes_max"
    parameters: tuple[str, ...] = ()
    idempotent: bool = False
    own_share: bool = False
    answer: Any = None
    also_as: tuple[str, ...] = ()
    # In place of JSON, where the view returns the response itself, because its body is streamed.
    streamed_as: tuple[str, ...] = ()
    status: int = 200
    # Of a success that is not one of the whole request; None where there is no such.
    status_of_parts: int | None = None
    codes: tuple[str, ...] = ()

    @property
    def offered(self) -> tuple[str, ...]:
        """Return the media types of a success."""
        return self.streamed_as or ("application/json", *self.also_as)
