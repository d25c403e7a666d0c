"""PostgreSQL: time limits on the server's side, read-only snapshots for reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from psycopg.pq import TransactionStatus
from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import URL

from myapp.db.owner import is_interactive, machinery_of, owner_of
from myapp.db.settings import DbSettings

# One snapshot for all the queries of a request, and a server that refuses a stray write. psycopg puts
# both into its BEGIN, so they cost no round trip.
READ_OPTIONS: Mapping[str, Any] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
# psycopg sends its BEGIN along with the first statement.
BEGINS_AT_ONCE = False


def engine_options(url: URL, settings: DbSettings) -> dict[str, Any]:
    """Return the arguments of `create_engine` for a PostgreSQL URL."""
    limits_ms = {
        "statement_timeout": settings.statement_timeout_s,
        "lock_timeout": settings.lock_timeout_s,
        "idle_in_transaction_session_timeout": settings.idle_timeout_s,
    }
    options = " ".join(f"-c {name}={int(seconds * 1000)}" for name, seconds in limits_ms.items())
    return {
        "connect_args": {
            "options": f"{options} -c timezone=UTC",
            "connect_timeout": 5,
            "application_name": "myapp",
        },
        "max_overflow": 0,
        "pool_size": 8,
        "pool_timeout": settings.lock_timeout_s,
        # A connection that died in the pool is found before the request begins, not in its middle.
        "pool_pre_ping": True,
    }


def listen(engine: Engine) -> None:
    """Attach what a prompt needs; psycopg begins by itself, and the limits are connect options."""
    event.listen(engine, "begin", _begin)


def _begin(connection: Connection) -> None:
    owner = owner_of(connection)
    if owner is not None and connection.connection.dbapi_connection.autocommit:  # type: ignore[union-attr]
        raise owner.violate(
            "The engine is in autocommit, where nothing can be undone: take that setting out."
        )
    # A person thinks for longer than a program may be idle. SET LOCAL ends with the transaction.
    if is_interactive(connection):
        with machinery_of(connection):
            connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")


def in_transaction(dbapi_connection: Any) -> bool:
    """Tell whether the driver has a transaction open, a failed or unknown one included."""
    return bool(dbapi_connection.info.transaction_status != TransactionStatus.IDLE)


def commit_is_possible(dbapi_connection: Any) -> bool:
    """Tell whether COMMIT would commit: in a failed transaction the server turns it into ROLLBACK.

    On a connection that is known to be lost it is tried, so that its failure is told as what it is.
    """
    return bool(dbapi_connection.info.transaction_status != TransactionStatus.INERROR)
