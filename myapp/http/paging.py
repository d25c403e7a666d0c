"""Cursors: opaque to clients, bound to the question they were given for."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from myapp.http import parameters
from myapp.http.request import Request
from myapp.ledger.errors import InvalidCursor
from myapp.ledger.types import from_microseconds, to_microseconds

LIMIT_DEFAULT = 50
LIMIT_MAX = 500
PARAMETERS = ("limit", "cursor")


@dataclass(frozen=True, slots=True)
class PageRequest:
    """How many items, and the key of the last one seen."""

    limit: int
    after: tuple[Any, ...] | None


def page_request(request: Request, *kinds: Callable[[Any], Any]) -> PageRequest:
    """Return the page that is asked for; `kinds` read the parts of a cursor's key.

    Raises:
        InvalidParameter: `limit` is not within 1 to 500.
        InvalidCursor: the cursor is not ours, or was given for another question.
    """
    limit = parameters.whole(request, "limit", 1, LIMIT_MAX)
    cursor = request.GET.get("cursor")
    after = None if cursor is None else _open(request, cursor, kinds)
    return PageRequest(LIMIT_DEFAULT if limit is None else limit, after)


def next_cursor(request: Request, key: tuple[Any, ...] | None) -> str | None:
    """Return the cursor of the next page, None after the last one."""
    if key is None:
        return None
    parts = [_question(request), *(_plain(part) for part in key)]
    return base64.urlsafe_b64encode(msgspec.json.encode(parts)).decode().rstrip("=")


def _plain(part: Any) -> Any:
    return to_microseconds(part) if isinstance(part, datetime) else str(part)


def _question(request: Request) -> str:
    # Everything but the page itself: the address and all the filters.
    asked = sorted((name, value) for name, value in request.GET.items() if name not in PARAMETERS)
    return hashlib.sha256(repr((request.path, asked)).encode()).hexdigest()[:16]


def _open(request: Request, cursor: str, kinds: tuple[Callable[[Any], Any], ...]) -> tuple[Any, ...]:
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        question, *key = msgspec.json.decode(base64.urlsafe_b64decode(padded), type=list[str | int])
        if question != _question(request) or len(key) != len(kinds):
            raise InvalidCursor("The cursor belongs to another list or other filters.")
        return tuple(kind(part) for kind, part in zip(kinds, key, strict=True))
    except (ValueError, TypeError, OverflowError, msgspec.MsgspecError) as error:
        raise InvalidCursor("This is no cursor of ours.") from error


def instant(part: Any) -> datetime:
    """Read a time from a cursor."""
    return from_microseconds(int(part))


def int64(part: Any) -> int:
    """Read a whole number from a cursor; a forged one may be more than a database takes."""
    number = int(part)
    if not -(2**63) < number < 2**63:
        raise ValueError("it does not fit into 64 bits")
    return number


def uuid(part: Any) -> UUID:
    """Read an id from a cursor."""
    return UUID(words(part))


def words(part: Any) -> str:
    """Read a text from a cursor; a forged one may have a NUL, which PostgreSQL takes in no text."""
    if not isinstance(part, str) or "\0" in part:
        raise TypeError("a text was expected")
    return part
