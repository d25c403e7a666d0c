"""What one request says to the database: its statements, and how often it waits for PostgreSQL."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from sqlalchemy import Engine

# A line of libpq's trace: the time, who speaks (F frontend, B backend), the length, and the message.
_MESSAGE = re.compile(r"^(?:\S+ \S+\t)?([FB])\t\d+\t(\w+)")
_STATEMENTS = (("F", "Query"), ("F", "Bind"))


@dataclass(frozen=True)
class Traffic:
    """How many statements were sent, BEGIN and COMMIT among them, and the round trips over a net."""

    statements: int
    round_trips: int


def traffic(engine: Engine, send: Callable[[], object]) -> Traffic:
    """Return what `send` says to the database, on the one connection that the pool hands out next."""
    with engine.connect() as connection:
        driver: Any = connection.connection.dbapi_connection
    heard = _of_postgresql if engine.dialect.name == "postgresql" else _of_sqlite
    return heard(driver, send)


def _of_sqlite(driver: Any, send: Callable[[], object]) -> Traffic:
    statements: list[str] = []
    driver.set_trace_callback(statements.append)
    send()
    driver.set_trace_callback(None)
    # What triggers send is told as comments.
    return Traffic(sum(not each.startswith("--") for each in statements), 0)


def _of_postgresql(driver: Any, send: Callable[[], object]) -> Traffic:
    with tempfile.TemporaryFile("w+") as file:
        driver.pgconn.trace(file.fileno())
        send()
        driver.pgconn.untrace()
        file.seek(0)
        messages = [found.group(1, 2) for line in file if (found := _MESSAGE.match(line))]
    speakers = [speaker for speaker, *_ in messages]
    waits = sum(before == "F" and after == "B" for before, after in pairwise(speakers))
    return Traffic(sum(message in _STATEMENTS for message in messages), waits)
