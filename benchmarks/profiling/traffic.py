"""What one request says to the database: its statements, and on PostgreSQL how often it waits for an answer."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine

# A line of libpq's trace: the time, who speaks (F frontend, B backend), the length, and the message.
_MESSAGE = re.compile(r"^(?:\S+ \S+\t)?([FB])\t\d+\t(\w+)(.*)$")


@dataclass(frozen=True)
class Traffic:
    """The statements in the order in which they were sent, and the round trips, none where there is no net."""

    statements: tuple[str, ...]
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
    return Traffic(tuple(each for each in statements if not each.startswith("--")), 0)


def _of_postgresql(driver: Any, send: Callable[[], object]) -> Traffic:
    with tempfile.TemporaryFile("w+") as file:
        driver.pgconn.trace(file.fileno())
        send()
        driver.pgconn.untrace()
        file.seek(0)
        messages = [found.groups() for line in file if (found := _MESSAGE.match(line))]
    speakers = [speaker for speaker, *_ in messages]
    turns = sum(before == "F" and after == "B" for before, after in zip(speakers, speakers[1:], strict=False))
    sent = tuple(text for speaker, kind, text in messages if speaker == "F" and kind in ("Query", "Bind"))
    return Traffic(sent, turns)
