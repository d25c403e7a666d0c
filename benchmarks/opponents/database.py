"""The database that a served application is told to use, and SQLite set as durable as we set it.

It is imported in the environment of the opponents, which has SQLAlchemy, but nothing of ours.
"""

from __future__ import annotations

import os
from typing import Any

from sqlalchemy import Engine, event

VARIABLE = "BENCHMARK_DATABASE_URL"

# As long as myapp.db waits for a lock, and as long as the driver would by itself.
BUSY_TIMEOUT_S = 5.0

# What myapp.db sets, for the same promise: a row that was acknowledged survives a power cut.
PRAGMAS = ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON")


def url() -> str:
    """Return the URL, as SQLAlchemy reads it."""
    return os.environ[VARIABLE]


def engine_options() -> dict[str, Any]:
    """Return what `create_engine` is told besides the URL; the pool is left as its documentation has it."""
    if url().startswith("sqlite"):
        # The pool hands a connection to one thread at a time, as the documentation of FastAPI explains.
        return {"connect_args": {"timeout": BUSY_TIMEOUT_S, "check_same_thread": False}}
    return {}


def make_durable(engine: Engine) -> None:
    """Set each new connection to SQLite as ours are set; PostgreSQL is durable by itself."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set)


def _set(dbapi_connection: Any, record: object) -> None:
    cursor = dbapi_connection.cursor()
    for pragma in PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
