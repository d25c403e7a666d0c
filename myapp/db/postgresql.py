"""PostgreSQL: time limits on the server's side, read-only snapshots for reads."""

from __future__ import annotations

import os
from dataclasses import dataclass
from math import ceil
from typing import Any

from psycopg import IsolationLevel, _queries
from psycopg.pq import TransactionStatus
from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import URL
from sqlalchemy.sql.elements import ReleaseSavepointClause, SavepointClause

from myapp.db import liveness
from myapp.db.as_made import AsMade, tell
from myapp.db.owner import Mode, is_interactive, mode_of, owner_of
from myapp.db.pipelined import PipelinedConnection
from myapp.db.settings import DbSettings

# BEGIN waits for the first statement: myapp/db/pipelined.py sends them together.
IN_TRANSACTION_AT_ONCE = False

# Of a longer statement psycopg would look for the places of its parameters anew each time.
_queries.MAX_CACHED_STATEMENT_LENGTH = 32_768

_CONNECTING = {
    "application_name": "myapp",
    "client_encoding": "utf8",
    "connect_timeout": 5,
    # A machine or a network that is gone says nothing: after half a minute in silence the connection is lost.
    "tcp_user_timeout": 30_000,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 4,
}

_SNAPSHOT, _LATEST = IsolationLevel.REPEATABLE_READ, IsolationLevel.READ_COMMITTED
# psycopg reads times in one spelling, and none before the year 1, which another time zone makes.
_PLAINLY = {"PGDATESTYLE": "SET datestyle = ISO", "PGTZ": "SET timezone = 'UTC'"}
# Where the pool's connection is told how its transaction begins.
_PLAN = "myapp_begin"
_AS_MADE = AsMade("autocommit", "isolation_level", "read_only", "deferrable", "row_factory", "cursor_factory")


@dataclass(frozen=True, slots=True)
class _Plan:
    """How a transaction begins; `is_stricter` where the view has asked for an isolation of its own."""

    mode: Mode
    is_interactive: bool
    is_stricter: bool


def engine_options(url: URL, settings: DbSettings) -> dict[str, Any]:
    """Return the arguments of `create_engine` for a PostgreSQL URL."""
    limits_ms = {
        "statement_timeout": settings.statement_timeout_s,
        "lock_timeout": settings.lock_timeout_s,
        "idle_in_transaction_session_timeout": settings.idle_timeout_s,
    }
    # No time at all would be no limit.
    options = " ".join(f"-c {name}={ceil(seconds * 1000)}" for name, seconds in limits_ms.items())
    given = dict(url.query)
    # Of two options for one setting the server takes the later.
    ours = {
        "options": " ".join(
            [f"{options} -c timezone=UTC -c datestyle=ISO", *_words(given.pop("options", ()))]
        )
    }
    return {
        # Arguments go before what the URL says, which is the deployment's own word.
        "connect_args": ours | {name: value for name, value in _CONNECTING.items() if name not in given},
        "max_overflow": 0,
        # The connection that worked last works next: its caches, here and in the server, are warm.
        "pool_use_lifo": True,
        "pool_size": 8,
        "pool_timeout": settings.lock_timeout_s,
    }


def _words(given: str | tuple[str, ...]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else given


def listen(engine: Engine) -> None:
    """Attach how transactions begin and end; the limits are connect options."""
    liveness.listen(engine)
    _AS_MADE.listen(engine)
    event.listen(engine, "connect", _speak_plainly)
    event.listen(engine, "begin", _plan_begin)
    # SQLAlchemy calls them inside its own error handling. The dialect's own leave all of it to the driver.
    engine.dialect.connect = PipelinedConnection.connect  # type: ignore[assignment,method-assign]
    engine.dialect.do_begin = _do_begin  # type: ignore[method-assign]
    engine.dialect.do_savepoint = _do_savepoint  # type: ignore[method-assign]
    engine.dialect.do_release_savepoint = _do_release_savepoint  # type: ignore[method-assign]


def _speak_plainly(driver: Any, record: object) -> None:
    # libpq sends what the environment says behind our options, where it wins.
    said = [statement for name, statement in _PLAINLY.items() if name in os.environ]
    for statement in said:
        driver.execute(statement)
    if said:
        driver.commit()


def _plan_begin(connection: Connection) -> None:
    owner = owner_of(connection)
    if owner is not None and _is_in_autocommit(connection):
        raise owner.violate(
            "The engine is in autocommit, where nothing can be undone: take that setting out."
        )
    # Only this event sees the connection's options, and only `do_begin` has its errors classified.
    stricter = "isolation_level" in connection.get_execution_options()
    connection.info[_PLAN] = _Plan(mode_of(connection), is_interactive(connection), stricter)


def _is_in_autocommit(connection: Connection) -> bool:
    # By the URL, or by an option that the engine hands on to its connections.
    asked = connection.get_execution_options().get("isolation_level")
    return str(asked).upper() == "AUTOCOMMIT" or _AS_MADE.of(connection.connection)["autocommit"]


def _do_begin(dbapi_connection: Any) -> None:
    plan: _Plan = dbapi_connection.info[_PLAN]
    driver, wanted = dbapi_connection.dbapi_connection, {**_AS_MADE.of(dbapi_connection)}
    if plan.mode is Mode.READ:
        # One snapshot for all the queries of a request, and a server that refuses a stray write.
        wanted |= {"isolation_level": _SNAPSHOT, "read_only": True}
    elif plan.is_stricter:
        wanted |= {"autocommit": driver.autocommit, "isolation_level": driver.isolation_level}
    elif wanted["isolation_level"] is None:
        # Whatever the server takes when nobody says anything: a stricter one refuses writers who only waited.
        wanted["isolation_level"] = _LATEST
    # psycopg puts the mode into its BEGIN, which it sends with the first statement. What it was told stays
    # with the pooled connection, whoever told it, so it is told again only where that was something else.
    tell(driver, wanted)
    if plan.is_interactive:
        # A person thinks for longer than a program may be idle. SET LOCAL ends with the transaction.
        driver.execute("SET LOCAL idle_in_transaction_session_timeout = 0")


def _do_savepoint(connection: Connection, name: str) -> None:
    if not _is_sent_along(connection, f"SAVEPOINT {name}"):
        connection.execute(SavepointClause(name))  # type: ignore[no-untyped-call]


def _do_release_savepoint(connection: Connection, name: str) -> None:
    # Who has locked rows is done a round trip earlier: COMMIT, if that comes next, releases all by itself.
    if not _is_sent_along(connection, f"RELEASE SAVEPOINT {name}"):
        connection.execute(ReleaseSavepointClause(name))  # type: ignore[no-untyped-call]


def _is_sent_along(connection: Connection, command: str) -> bool:
    driver: Any = connection.connection.dbapi_connection
    return isinstance(driver, PipelinedConnection) and driver.send_along(command.encode())


def is_memory(url: URL) -> bool:
    """Say that no URL names a database that lives in one connection's memory."""
    return False


def in_transaction(dbapi_connection: Any) -> bool:
    """Tell whether the driver has a transaction open, a failed or unknown one included."""
    return bool(dbapi_connection.info.transaction_status != TransactionStatus.IDLE)


def commit_is_possible(dbapi_connection: Any) -> bool:
    """Tell whether COMMIT would commit: in a failed transaction the server turns it into ROLLBACK.

    On a connection that is known to be lost it is tried, so that its failure is told as what it is.
    """
    return bool(dbapi_connection.info.transaction_status != TransactionStatus.INERROR)


def takes_writes(connection: Connection) -> bool:
    """Tell whether a writer would not be refused whatever it writes: the server may be a standby."""
    asked = "SELECT NOT pg_is_in_recovery() AND current_setting('default_transaction_read_only') = 'off'"
    return bool(connection.exec_driver_sql(asked).scalar_one())
