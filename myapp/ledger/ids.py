"""Identifiers that sort by the time they were made: UUID version 7 (RFC 9562, section 5.7)."""

from __future__ import annotations

import secrets
import time
from uuid import UUID

_VERSION_7 = 0x7 << 76
_VARIANT = 0b10 << 62


def new_id() -> UUID:
    """Return a new id; within one millisecond, 12 bits of the clock keep the order (method 3)."""
    milliseconds, rest_ns = divmod(time.time_ns(), 1_000_000)
    fraction = (rest_ns << 12) // 1_000_000
    random = secrets.randbits(62)
    return UUID(int=milliseconds << 80 | _VERSION_7 | fraction << 64 | _VARIANT | random)


def read_id(text: str) -> UUID:
    """Return the id that a text spells as RFC 9562 does, in either case.

    Raises:
        ValueError: it is no id, or one in braces, without its hyphens, or as a URN: a thing has one address.
    """
    found = UUID(text)
    if str(found) != text.lower():
        raise ValueError("an id is written with four hyphens and nothing around it")
    return found
