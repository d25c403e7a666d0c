"""The connections and cursors that are really used, each of whose calls passes a gate on its way.

They are subclasses and no stand-ins, so `in_transaction` and `info.transaction_status` stay the driver's own,
and whoever looks at the type finds it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from functools import partial
from typing import Any

import psycopg

from myapp.db.late_begin import LateConnection, LateCursor
from myapp.db.pipelined import PipelinedConnection, PipelinedCursor

# Told of a call before it is made: the connection, the call's name, its first argument, and the call itself.
Gate = Callable[[Any, str, Any, Callable[[], Any]], Any]


def _gated(driver_class: type, *names: str, prefix: str = "") -> type:
    methods = {name: _passing(getattr(driver_class, name), prefix + name) for name in names}
    return type(f"Gated{driver_class.__name__}", (driver_class,), methods)


def _passing(real: Callable[..., Any], name: str) -> Callable[..., Any]:
    def method(self: Any, *arguments: Any, **options: Any) -> Any:
        connection = getattr(self, "connection", self)
        call = partial(real, self, *arguments, **options)
        gate: Gate | None = getattr(connection, "gate", None)
        return call() if gate is None else gate(connection, name, arguments[0] if arguments else "", call)

    return method


def _gated_cursor(driver_class: type) -> type:
    gated = _gated(driver_class, "execute", "executemany", "fetchone", "fetchmany", "fetchall")
    # A cursor's end is another call than a connection's.
    return _gated(gated, "close", prefix="cursor ")


_SqliteCursor = _gated_cursor(LateCursor)
_PostgresCursor = _gated_cursor(PipelinedCursor)
_PostgresServerCursor = _gated_cursor(psycopg.ServerCursor)
_PostgresConnection = _gated(PipelinedConnection, "commit", "rollback", "close")


class _SqliteConnection(_gated(LateConnection, "commit", "rollback", "close")):  # type: ignore[misc]
    def cursor(self) -> Any:
        return super().cursor(_SqliteCursor)


def connect(dialect: str, arguments: list[Any], options: dict[str, Any]) -> Any:
    """Connect as SQLAlchemy would, with a connection whose calls can be gated."""
    if dialect == "sqlite":
        return sqlite3.connect(*arguments, **options, factory=_SqliteConnection)
    made = _PostgresConnection.connect(*arguments, **options, cursor_factory=_PostgresCursor)  # type: ignore[attr-defined]
    made.server_cursor_factory = _PostgresServerCursor
    return made
