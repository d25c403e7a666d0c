"""What a client and PostgreSQL say to each other on one connection, as libpq's trace tells it."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any, NamedTuple

# The time, who speaks, the length, and the message with what is in it.
_LINE = re.compile(r"^(?:\S+ \S+\t)?([FB])\t\d+\t(.*)$")


class Message(NamedTuple):
    """One message: `speaker` is F for us, the frontend, and B for the server."""

    speaker: str
    text: str


@contextmanager
def overheard(driver: Any) -> Iterator[list[Message]]:
    """Yield a list that fills, at the end of the block, with what was said on psycopg's connection."""
    messages: list[Message] = []
    with tempfile.TemporaryFile("w+") as file:
        driver.pgconn.trace(file.fileno())
        yield messages
        driver.pgconn.untrace()
        file.seek(0)
        messages += [Message(*found.groups()) for line in file if (found := _LINE.match(line))]


def sent(messages: Iterable[Message]) -> list[str]:
    """Return what we said."""
    return [message.text for message in messages if message.speaker == "F"]


def round_trips(messages: Iterable[Message]) -> int:
    """Return how often we waited for the server."""
    speakers = pairwise(message.speaker for message in messages)
    return sum(pair == ("F", "B") for pair in speakers)
