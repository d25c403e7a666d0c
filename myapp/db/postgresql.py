"""PostgreSQL: time limits on the server's side, read-only snapshots for reads."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Any

from psycopg import IsolationLevel, _queries
from psycopg.pq import TransactionStatus
from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import URL

from myapp.db import liveness
from myapp.db.owner import Mode, Owner, is_interactive, mode_of, owner_of
from myapp.db.pipelined import PipelinedConnection
from myapp.db.settings import DbSettings

# BEGIN waits for the first statement: myapp/db/pipelined.py sends them together.
IN_TRANSACTION_AT_ONCE = False

# Of a longer statement psycopg would look for the places of its parameters anew each time.
_queries.MAX_CACHED_STATEMENT_LENGTH = 32_768

_SNAPSHOT = IsolationLevel.REPEATABLE_READ
# Where the pool's connection is told how its transaction begins, and what writers had before a reader came.
_PLAN = "myapp_begin"
_OF_WRITERS = "myapp_of_writers"


@dataclass(frozen=True, slots=True)
class _Plan:
    """How a transaction begins; `is_stricter` where the view has asked for an isolation of its own."""

    mode: Mode
    is_interactive: bool
    is_stricter: bool
    owner: Owner | None


def engine_options(url: URL, settings: DbSettings) -> dict[str, Any]:
    """Return the arguments of `create_engine` for a PostgreSQL URL."""
    limits_ms = {
        "statement_timeout": settings.statement_timeout_s,
        "lock_timeout": settings.lock_timeout_s,
        "idle_in_transaction_session_timeout": settings.idle_timeout_s,
    }
    # No time at all would be no limit.
    options = " ".join(f"-c {name}={ceil(seconds * 1000)}" for name, seconds in limits_ms.items())
    return {
        "connect_args": {
            "options": f"{options} -c timezone=UTC",
            "connect_timeout": 5,
            "application_name": "myapp",
        },
        "max_overflow": 0,
        # The connection that worked last works next: its caches, here and in the server, are warm.
        "pool_use_lifo": True,
        "pool_size": 8,
        "pool_timeout": settings.lock_timeout_s,
    }


def listen(engine: Engine) -> None:
    """Attach how transactions begin and end; the limits are connect options."""
    liveness.listen(engine)
    event.listen(engine, "begin", _plan_begin)
    # SQLAlchemy calls them inside its own error handling. The dialect's own leave all of it to the driver.
    engine.dialect.connect = PipelinedConnection.connect  # type: ignore[assignment,method-assign]
    engine.dialect.do_begin = _do_begin  # type: ignore[method-assign]
    engine.dialect.do_rollback = _do_rollback  # type: ignore[method-assign]


def _plan_begin(connection: Connection) -> None:
    owner = owner_of(connection)
    if owner is not None and connection.connection.dbapi_connection.autocommit:  # type: ignore[union-attr]
        raise owner.violate(
            "The engine is in autocommit, where nothing can be undone: take that setting out."
        )
    # Only this event sees the connection's options, and only `do_begin` has its errors classified.
    stricter = "isolation_level" in connection.get_execution_options()
    connection.info[_PLAN] = _Plan(mode_of(connection), is_interactive(connection), stricter, owner)


def _do_begin(dbapi_connection: Any) -> None:
    plan: _Plan = dbapi_connection.info[_PLAN]
    driver, info = dbapi_connection.dbapi_connection, dbapi_connection.info
    # psycopg puts the mode into its BEGIN, which it sends with the first statement. What it was told stays
    # with the pooled connection, so it is told again only where the last user's mode was another.
    if plan.mode is Mode.READ:
        if not _reads_only(driver):
            info.setdefault(_OF_WRITERS, (driver.isolation_level, driver.read_only))
            # One snapshot for all the queries of a request, and a server that refuses a stray write.
            driver.isolation_level = _SNAPSHOT
            driver.read_only = True
    elif _OF_WRITERS in info:
        isolation, driver.read_only = info[_OF_WRITERS]
        if not plan.is_stricter:
            driver.isolation_level = isolation
        del info[_OF_WRITERS]
    if plan.is_interactive:
        # A person thinks for longer than a program may be idle. SET LOCAL ends with the transaction.
        driver.execute("SET LOCAL idle_in_transaction_session_timeout = 0")


def _reads_only(driver: Any) -> bool:
    return driver.read_only is True and driver.isolation_level is _SNAPSHOT


def _do_rollback(dbapi_connection: Any) -> None:
    driver = dbapi_connection.dbapi_connection
    # After a ROLLBACK psycopg forgets every statement that it has prepared, and the server plans each of them
    # anew. Of a transaction that could write nothing, COMMIT leaves no more behind.
    if _reads_only(driver) and _ends_well(dbapi_connection):
        driver.commit()
    else:
        driver.rollback()


def _ends_well(dbapi_connection: Any) -> bool:
    plan: _Plan | None = dbapi_connection.info.pop(_PLAN, None)
    if plan is None or plan.owner is None or not plan.owner.ended_well:
        return False
    return bool(dbapi_connection.dbapi_connection.info.transaction_status == TransactionStatus.INTRANS)


def in_transaction(dbapi_connection: Any) -> bool:
    """Tell whether the driver has a transaction open, a failed or unknown one included."""
    return bool(dbapi_connection.info.transaction_status != TransactionStatus.IDLE)


def commit_is_possible(dbapi_connection: Any) -> bool:
    """Tell whether COMMIT would commit: in a failed transaction the server turns it into ROLLBACK.

    On a connection that is known to be lost it is tried, so that its failure is told as what it is.
    """
    return bool(dbapi_connection.info.transaction_status != TransactionStatus.INERROR)
