"""Nothing comes back to the pool in the middle of a transaction.

When COMMIT itself fails, SQLAlchemy regards the transaction as over and the pool skips its reset. The
next request would then commit what this one was refused (seen on SQLite with a deferred foreign key).
"""

from __future__ import annotations

import logging
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.pool import ConnectionPoolEntry

from myapp.db.dialects import Dialect, dialect_of

log = logging.getLogger(__name__)

ROLLED_BACK = "myapp_rolled_back_at_checkin"
# Something was done on the connection that outlasts its transaction: a lock, a temporary table, a setting.
TAINTED = "myapp_tainted"


def listen(engine: Engine) -> None:
    """Attach the guard to the engine's pool; it counts what it finds in the connection's `info`."""
    dialect = dialect_of(engine.dialect.name)
    in_memory = dialect.is_memory(engine.url)

    def at_checkin(dbapi_connection: Any, record: ConnectionPoolEntry) -> None:
        if dbapi_connection is None:
            return
        if dialect.in_transaction(dbapi_connection):
            _roll_back(dialect, dbapi_connection, record)
        # A database in memory is lost with its one connection, which would be worse than what lasts there.
        if record.info.pop(TAINTED, False) and not in_memory:
            record.invalidate()

    event.listen(engine, "checkin", at_checkin)


def _roll_back(dialect: Dialect, dbapi_connection: Any, record: ConnectionPoolEntry) -> None:
    record.info[ROLLED_BACK] = record.info.get(ROLLED_BACK, 0) + 1
    log.warning("A connection came back to the pool with its transaction open; rolled back.")
    try:
        dbapi_connection.rollback()
    except Exception as error:
        record.invalidate(error)
    else:
        if dialect.in_transaction(dbapi_connection):
            record.invalidate()
