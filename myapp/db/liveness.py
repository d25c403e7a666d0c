"""A connection that died in the pool is found before the request begins, not in its middle.

A server that ended a connection has closed its socket, which makes it readable, while a living one says
nothing to a client that asks nothing. So a look at the socket is enough, without a round trip. Only a
connection that has something to read, or was idle for so long that a network may have dropped it in silence,
is asked.
"""

from __future__ import annotations

import select
import time
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry

# A busy service's connections rest for less.
IDLE_S = 1.0

_POLL = "myapp_poll"
_RETURNED_S = "myapp_returned"


def listen(engine: Engine) -> None:
    """Look at each connection that leaves the engine's pool; when one is dead, all are made anew."""
    dialect = engine.dialect

    def at_checkout(driver: Any, record: ConnectionPoolEntry, proxy: object) -> None:
        if not _is_quiet(driver, record):
            try:
                dialect.do_ping(driver)
            except dialect.loaded_dbapi.Error as error:
                raise InvalidatePoolError("The connection was lost while it was in the pool.") from error

    event.listen(engine, "connect", _watch)
    event.listen(engine, "checkin", _note_return)
    event.listen(engine, "checkout", at_checkout)


def _watch(driver: Any, record: ConnectionPoolEntry) -> None:
    poll = select.poll()
    # That the other side hung up is always told.
    poll.register(driver.fileno(), select.POLLIN | select.POLLPRI)
    record.info[_POLL] = poll
    record.info[_RETURNED_S] = time.monotonic()


def _note_return(driver: Any, record: ConnectionPoolEntry) -> None:
    record.info[_RETURNED_S] = time.monotonic()


def _is_quiet(driver: Any, record: ConnectionPoolEntry) -> bool:
    if _POLL not in record.info:
        # Of an engine that was handed in, and had connected before.
        _watch(driver, record)
        return False
    # The number of a socket that was closed here may be another file's by now.
    if driver.closed or time.monotonic() - record.info[_RETURNED_S] > IDLE_S:
        return False
    return not record.info[_POLL].poll(0)
