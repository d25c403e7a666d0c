"""What one request says to the database: its statements, and how often it waits for PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine

from tests.wiretap import overheard, round_trips, sent

_STATEMENTS = ("Query", "Bind")


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
    with overheard(driver) as messages:
        send()
    statements = sum(text.startswith(_STATEMENTS) for text in sent(messages))
    return Traffic(statements, round_trips(messages))
