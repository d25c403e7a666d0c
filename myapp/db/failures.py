"""Every database error, at its source: poison the transaction, and mark what is worth another attempt.

Marking happens here because an error surfaces in many places (statement, flush, COMMIT, inside an
exception view) and only here is it always seen. The error's type is never changed: callers must go
on recognising it.
"""

from __future__ import annotations

import sqlite3
from typing import Any

import psycopg
from pyramid_retry import IRetryableError
from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.util import is_exit_exception
from zope.interface import alsoProvides

from myapp.db.owner import Mode, owner_of

# Serialization failure and deadlock. The rest of class 40 is not worth repeating, or not safe to.
_RETRYABLE_SQLSTATES = frozenset({"40001", "40P01"})
# The primary codes of SQLite's BUSY and LOCKED families; the extended ones carry them in the low byte.
_RETRYABLE_SQLITE_CODES = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})

# Connection lost, resources spent, shut down or timed out, a system error; of class 55, a lock not to be had;
# of class 25, a transaction that was idle or open for too long. A psycopg error without any state never
# reached the server.
_UNAVAILABLE_SQLSTATES = ("08", "53", "57", "58", "55P03", "25P03", "25P04", *_RETRYABLE_SQLSTATES)
_UNAVAILABLE_SQLITE_CODES = _RETRYABLE_SQLITE_CODES | {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_INTERRUPT,
}

# A write where nothing may be written: a defect in a view that reads, and no fault of one that writes.
_READ_ONLY_SQLSTATE = "25006"
_REFUSED_WRITER = "refused_writer"


def listen(engine: Engine) -> None:
    """Attach the error listener and the savepoint bookkeeping that says which errors were undone."""
    event.listen(engine, "handle_error", _on_error)
    event.listen(engine, "savepoint", _on_savepoint)
    event.listen(engine, "rollback_savepoint", _on_rollback_savepoint)
    event.listen(engine, "release_savepoint", _on_release_savepoint)


def is_worth_retrying(error: BaseException) -> bool:
    """Tell whether a driver's error says that the same work may succeed when done again."""
    if isinstance(error, psycopg.Error):
        return error.sqlstate in _RETRYABLE_SQLSTATES
    if isinstance(error, sqlite3.Error):
        is_conflict = (getattr(error, "sqlite_errorcode", 0) & 0xFF) in _RETRYABLE_SQLITE_CODES
        return is_conflict and not getattr(error, "has_waited", False)
    return False


def is_unavailable(error: BaseException | None) -> bool:
    """Tell whether a driver's error says that the database cannot answer now; else it is a defect."""
    if getattr(error, _REFUSED_WRITER, False):
        return True
    if isinstance(error, psycopg.Error):
        return error.sqlstate is None or error.sqlstate.startswith(_UNAVAILABLE_SQLSTATES)
    if isinstance(error, sqlite3.Error):
        return (getattr(error, "sqlite_errorcode", 0) & 0xFF) in _UNAVAILABLE_SQLITE_CODES
    return False


def _on_error(context: ExceptionContext) -> None:
    seen = context.sqlalchemy_exception or context.original_exception
    if is_worth_retrying(context.original_exception):
        for error in {context.original_exception, seen}:
            alsoProvides(error, IRetryableError)
    if (owner := owner_of(context.connection)) is not None:
        owner.record_error(seen)
        if owner.mode is Mode.WRITE and _is_read_only(context.original_exception):
            # A standby, or a file for reading alone: no write is possible now.
            setattr(context.original_exception, _REFUSED_WRITER, True)
        if is_exit_exception(context.original_exception):
            # SQLAlchemy gives the connection up, but SQLite keeps it, and its lock, for a pending statement.
            owner.close_cursors()


def _is_read_only(error: BaseException) -> bool:
    if isinstance(error, psycopg.Error):
        return error.sqlstate == _READ_ONLY_SQLSTATE
    return (getattr(error, "sqlite_errorcode", 0) & 0xFF) == sqlite3.SQLITE_READONLY


def _on_savepoint(connection: Connection, name: str | None) -> None:
    if (owner := owner_of(connection)) is not None:
        owner.savepoint_opened()


def _on_rollback_savepoint(connection: Connection, name: str, context: Any) -> None:
    if (owner := owner_of(connection)) is None:
        return
    if connection.invalidated:
        # Nothing reaches a server that is gone, so the error in the savepoint is one of the transaction.
        owner.savepoint_released(name)
    else:
        owner.savepoint_undone(name)


def _on_release_savepoint(connection: Connection, name: str, context: Any) -> None:
    if (owner := owner_of(connection)) is not None:
        owner.savepoint_released(name)
