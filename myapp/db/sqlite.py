"""SQLite as a server database: explicit BEGIN, WAL, full durability, foreign keys on.

The driver's default transaction mode opens transactions behind our back and loses updates (measured:
103 of 120 under 8 threads), so the driver is left in autocommit and every BEGIN is ours.
"""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import closing
from functools import partial
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import URL

from myapp.db import forking
from myapp.db.as_made import AsMade, tell
from myapp.db.late_begin import LateConnection
from myapp.db.owner import Mode, Owner, is_interactive, mode_of, owner_of
from myapp.db.same_file import SameFile, path_of
from myapp.db.settings import DbSettings
from myapp.db.turns import Turn

IN_TRANSACTION_AT_ONCE = True

# Where the pool's connection is told how its next transaction begins.
_PLAN = "myapp_begin"
# How long it waits for the write lock, in seconds.
_WAIT_S = "myapp_wait_s"
_AS_MADE = AsMade("row_factory", "text_factory")


def engine_options(url: URL, settings: DbSettings) -> dict[str, Any]:
    """Return the arguments of `create_engine` for a SQLite URL."""
    options: dict[str, Any] = {
        "connect_args": {
            "isolation_level": None,
            "timeout": settings.lock_timeout_s,
            # The pool hands a connection to one thread at a time, which is all that SQLite asks for.
            "check_same_thread": False,
        },
        "max_overflow": 0,
        # The connection that worked last works next: its pages and its prepared statements are warm.
        "pool_use_lifo": True,
        "pool_timeout": settings.lock_timeout_s,
        "pool_size": 8,
    }
    if is_memory(url):
        # A second connection to `:memory:` would see another, empty database.
        from sqlalchemy.pool import QueuePool

        options |= {"pool_size": 1, "poolclass": QueuePool}
    return options


def is_memory(url: URL) -> bool:
    """Tell whether the URL names a database that lives in one connection's memory."""
    return url.database in (None, "", ":memory:")


def listen(engine: Engine) -> None:
    """Attach the connection settings and the explicit BEGIN."""
    event.listen(engine, "connect", _configure)
    _AS_MADE.listen(engine)
    event.listen(engine, "begin", _plan_begin)
    turn, file = Turn(), SameFile()
    event.listen(engine, "engine_disposed", lambda _: file.forget())
    # SQLAlchemy calls them inside its error handling. The dialect's `do_begin` trusts the driver to begin.
    engine.dialect.connect = partial(sqlite3.connect, factory=LateConnection)  # type: ignore[assignment,method-assign]
    engine.dialect.do_begin = partial(_do_begin, turn, file)  # type: ignore[method-assign]
    engine.dialect.do_commit = partial(_do_commit, turn, file)  # type: ignore[method-assign]
    engine.dialect.do_rollback = partial(_do_rollback, turn)  # type: ignore[method-assign]
    if not is_memory(engine.url):
        forking.close_before(engine)
    # However else a transaction ends, its connection comes back to the pool then, or is closed.
    for name in ("checkin", "close", "close_detached"):
        event.listen(engine, name, lambda connection, *_: turn.leave(connection))


def _configure(dbapi_connection: Any, record: Any) -> None:
    # An engine that was handed in may have been made without our connect arguments.
    dbapi_connection.isolation_level = None
    cursor = dbapi_connection.cursor()
    try:
        cursor.execute("PRAGMA journal_mode = WAL")
        # FULL: after a 201 the row survives a power cut, which NORMAL does not promise under WAL.
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.execute("PRAGMA foreign_keys = ON")
        # Without it, INSERT OR REPLACE deletes the row it replaces past any trigger that refuses a DELETE.
        cursor.execute("PRAGMA recursive_triggers = ON")
        # Without it, ORDER BY of a large selection may spill to a file in a folder nobody chose.
        cursor.execute("PRAGMA temp_store = MEMORY")
        # Pages that a connection keeps for itself, in KiB. Twelve with the default of two MiB took a fifth of
        # the process; what is not here is in the system's cache.
        cursor.execute("PRAGMA cache_size = -512")
        record.info[_WAIT_S] = cursor.execute("PRAGMA busy_timeout").fetchone()[0] / 1000
    finally:
        cursor.close()


def _plan_begin(connection: Connection) -> None:
    # Only this event sees the connection's options, and only `do_begin` has its errors classified.
    connection.info[_PLAN] = (mode_of(connection), is_interactive(connection), owner_of(connection))


def _do_begin(turn: Turn, file: SameFile, pooled: Any) -> None:
    mode, interactive, owner = pooled.info[_PLAN]
    driver = pooled.dbapi_connection
    file.require(driver)
    if _WAIT_S not in pooled.info:
        # Of an engine that was handed in, and had connected before.
        _configure(driver, pooled)
    tell(driver, _AS_MADE.of(pooled))
    reading = mode is Mode.READ
    _set_read_only(driver, reading=reading)
    # Someone at a prompt would hold the write lock while thinking.
    if reading or interactive:
        begin = partial(driver.execute, "BEGIN DEFERRED")
    else:
        begin = partial(_begin_to_write, turn, driver, pooled.info[_WAIT_S], owner)
    if isinstance(driver, LateConnection):
        driver.begin_later(begin)
    else:
        begin()


def _set_read_only(driver: Any, *, reading: bool) -> None:
    # A question that is read by half holds its connection's locks for as long as its cursor lives.
    with closing(driver.cursor()) as cursor:
        # query_only sticks to the pooled connection, so it is asked for at every begin. Setting it, even to
        # what it is, makes SQLite forget its prepared statements.
        if bool(cursor.execute("PRAGMA query_only").fetchone()[0]) is not reading:
            cursor.execute(f"PRAGMA query_only = {'ON' if reading else 'OFF'}")


def _begin_to_write(turn: Turn, driver: Any, wait_s: float, owner: Owner | None) -> None:
    began_s = time.perf_counter()
    try:
        turn.take(driver, wait_s)
        # IMMEDIATE takes the write lock first: a deferred writer can find its snapshot stale and
        # fail although it waited.
        driver.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        waited_s = time.perf_counter() - began_s
        # Who has waited for as long as one may is told so: five attempts would wait five times.
        error.has_waited = waited_s >= wait_s  # type: ignore[attr-defined]
        if owner is not None:
            # No statement follows that would count it as its own time. And of what is executed on the
            # driver's own connection nobody else remembers that it failed.
            owner.cost.seconds += waited_s
            owner.record_error(error)
        raise


def _do_commit(turn: Turn, file: SameFile, pooled: Any) -> None:
    # One that fails may leave the transaction open, and with it the lock: a rollback follows.
    file.require(pooled.dbapi_connection)
    pooled.commit()
    turn.leave(pooled.dbapi_connection)


def _do_rollback(turn: Turn, pooled: Any) -> None:
    pooled.rollback()
    turn.leave(pooled.dbapi_connection)


def takes_writes(connection: Connection) -> bool:
    """Tell whether a writer would not be refused whatever it writes: the file may be for reading alone."""
    path = path_of(connection.connection.dbapi_connection)
    return path is None or os.access(path, os.W_OK, effective_ids=True)


def in_transaction(dbapi_connection: Any) -> bool:
    """Tell whether the driver has a transaction open, or will have one with the next statement."""
    if isinstance(dbapi_connection, LateConnection):
        return dbapi_connection.is_begun
    return bool(dbapi_connection.in_transaction)


def commit_is_possible(dbapi_connection: Any) -> bool:
    """Tell whether COMMIT would commit: SQLite may have rolled the transaction back by itself."""
    return in_transaction(dbapi_connection)
