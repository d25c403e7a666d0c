"""The kinds of faults that the two products have, each as the driver itself would report it.

On PostgreSQL nothing is made up: the server is made to fail the transaction, or the connection is really
cut. SQLite's errors cannot be had at will, so they are built with the codes and messages of the library.
"""

from __future__ import annotations

import os
import socket
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Never

import psycopg

EXECUTE = ("execute", "executemany")
FETCH = ("fetchone", "fetchmany", "fetchall")
# Where a statement, or the end of the transaction, can still be refused by the database.
WORK = (*EXECUTE, *FETCH, "commit")
EVERY_CALL = (*WORK, "rollback", "cursor close", "close", "connect")

Strike = Callable[[Any, str], Never]


class Interruption(KeyboardInterrupt):
    """What no `except Exception` catches: Ctrl-C, or the server's wish to end."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A fault: how it is made, and at which calls the product can have it, before and after them.

    After a COMMIT that was done the database has no error to report any more; the connection can be lost.
    """

    name: str
    strike: Strike
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    retryable: bool = False
    loses_connection: bool = False
    is_database_error: bool = True

    def can_strike(self, call: str, when: str) -> bool:
        """Tell whether this fault exists before or after a call of that name."""
        return call in (self.before if when == "before" else self.after)


def _interrupt(connection: Any, call: str) -> Never:
    raise Interruption("interrupted on purpose")


def _refuse_by_sqlite(code: int, message: str, connection: Any, call: str) -> Never:
    error = sqlite3.OperationalError(message)
    error.sqlite_errorcode = code
    error.sqlite_errorname = {value: name for name, value in vars(sqlite3).items() if name[:7] == "SQLITE_"}[
        code
    ]
    raise error


def _undo_and_refuse_by_sqlite(code: int, message: str, connection: Any, call: str) -> Never:
    # After some errors SQLite rolls the whole transaction back by itself, and only in_transaction tells.
    sqlite3.Connection.rollback(connection)
    _refuse_by_sqlite(code, message, connection, call)


def _find_no_file(connection: Any, call: str) -> Never:
    sqlite3.connect("/nowhere/at/all.sqlite")
    raise AssertionError("There is a file where there should be none.")


def _refuse_by_server(sqlstate: str, connection: Any, call: str) -> Never:
    try:
        _execute(connection, f"DO $$ BEGIN RAISE 'failed on purpose' USING ERRCODE = '{sqlstate}'; END $$")
    except psycopg.Error:
        if call == "commit":
            # A COMMIT that is refused ends the transaction on the server, unlike a statement.
            psycopg.Connection.rollback(connection)
        raise
    raise AssertionError("The server did not fail.")


def _lose(connection: Any, call: str) -> Never:
    """Cut the wire; return only when the server has noticed and rolled back."""
    _end_backend(connection, cut=True)
    _execute(connection, "SELECT 1")
    raise AssertionError("The connection is still there.")


def _terminate(connection: Any, call: str) -> Never:
    """Let an administrator end the connection; the server says so before it goes."""
    _end_backend(connection, cut=False)
    _execute(connection, "SELECT 1")
    raise AssertionError("The connection is still there.")


def _end_backend(connection: psycopg.Connection, *, cut: bool) -> None:
    if connection.closed:
        return
    pid, address = connection.info.backend_pid, connection.info.dsn
    if cut:
        with socket.socket(fileno=os.dup(connection.fileno())) as wire:
            wire.shutdown(socket.SHUT_RDWR)
    with psycopg.connect(address, autocommit=True) as administrator:
        administrator.execute("SELECT pg_terminate_backend(%s, 10000)", [pid])


def _find_no_server(connection: Any, call: str) -> Never:
    # Nobody listens on the port of tcpmux.
    psycopg.connect("host=127.0.0.1 port=1 dbname=none connect_timeout=5")
    raise AssertionError("There is a server where there should be none.")


def _execute(connection: Any, statement: str) -> None:
    # A cursor of the driver's own class passes no gate.
    with psycopg.Cursor(connection) as cursor:
        cursor.execute(statement)


# A connection whose end is prevented is ended when it is forgotten, but the injector forgets none.
_ANYWHERE = Kind(
    "interrupted",
    _interrupt,
    before=tuple(call for call in EVERY_CALL if call != "close"),
    after=EVERY_CALL,
    is_database_error=False,
)


def _sqlite(
    name: str, code: int, message: str, strike: Callable[..., Never] = _refuse_by_sqlite, **more: Any
) -> Kind:
    places = {"before": WORK, "after": EXECUTE} | more
    return Kind(name, partial(strike, code, message), **places)


def _server(name: str, sqlstate: str, **more: Any) -> Kind:
    return Kind(name, partial(_refuse_by_server, sqlstate), (*EXECUTE, "commit"), EXECUTE, **more)


_BREAKABLE = (*WORK, "rollback", "cursor close")
_CUT = ("execute", "executemany", "commit", "rollback", "connect")

KINDS: dict[str, tuple[Kind, ...]] = {
    "sqlite": (
        _sqlite("busy", sqlite3.SQLITE_BUSY, "database is locked", retryable=True),
        _sqlite("locked", sqlite3.SQLITE_LOCKED, "database table is locked", retryable=True),
        _sqlite(
            "i/o",
            sqlite3.SQLITE_IOERR,
            "disk I/O error",
            before=_BREAKABLE,
            after=(*EXECUTE, *FETCH, "rollback"),
        ),
        _sqlite("full", sqlite3.SQLITE_FULL, "database or disk is full"),
        _sqlite("full, undone", sqlite3.SQLITE_FULL, "database or disk is full", _undo_and_refuse_by_sqlite),
        _sqlite("cancel", sqlite3.SQLITE_INTERRUPT, "interrupted"),
        Kind("no file", _find_no_file, ("connect",)),
        _ANYWHERE,
    ),
    "postgresql": (
        _server("40001", "40001", retryable=True),
        _server("40P01", "40P01", retryable=True),
        _server("cancel", "57014"),
        _server("full", "53100"),
        _server("i/o", "58030"),
        Kind("lost", _lose, _BREAKABLE, _CUT, loses_connection=True),
        Kind("terminated", _terminate, (*EXECUTE, "commit", "rollback"), _CUT, loses_connection=True),
        Kind("no server", _find_no_server, ("connect",)),
        _ANYWHERE,
    ),
}
