"""The last look before COMMIT: does the driver still have a transaction that can be committed?

PostgreSQL answers COMMIT in a failed transaction with ROLLBACK and no error, so a swallowed failure
would end as a 200 with nothing kept. The driver knows; SQLAlchemy does not ask. And only who calls the
driver knows whether COMMIT was sent and done.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from sqlalchemy import Connection, Engine, event

from myapp.db.dialects import dialect_of
from myapp.db.errors import TransactionPoisoned
from myapp.db.owner import owner_of
from myapp.db.statements import require_same_transaction

# Where the pool's connection is told whose COMMIT comes next.
_WHOSE = "myapp_committing"


def listen(engine: Engine) -> None:
    """Attach the check to the engine's COMMIT, so that no path to it is left out."""
    event.listen(engine, "commit", _before_commit)
    commit = partial(_do_commit, engine.dialect.do_commit)
    engine.dialect.do_commit = commit  # type: ignore[method-assign]


def _before_commit(connection: Connection) -> None:
    try:
        _require_permission(connection)
        _require_living_transaction(connection)
    except BaseException:
        # SQLAlchemy believes the transaction to be over once this event began, and the pool would
        # then skip its reset: the driver must have rolled back before anything is raised.
        connection.connection.dbapi_connection.rollback()  # type: ignore[union-attr]
        raise
    connection.info[_WHOSE] = owner_of(connection)


def _do_commit(commit: Callable[[Any], None], pooled: Any) -> None:
    # A listener of the application's to the event may raise after ours, before anything is sent; and what
    # fails after this, in whatever way, cannot take it back.
    owner = pooled.info.pop(_WHOSE, None)
    if owner is None:
        commit(pooled)
        return
    owner.commit_sent = True
    commit(pooled)
    owner.committed = True


def _require_permission(connection: Connection) -> None:
    if (owner := owner_of(connection)) is None:
        return
    if not owner.in_machinery:
        raise owner.violate(
            "The transaction manager commits when the request ends; a view must not. Return a 2xx or 3xx "
            "response to commit, a 4xx or 5xx to abort, and use dbsession.begin_nested() for a partial undo."
        )
    owner.require_unpoisoned()


def _require_living_transaction(connection: Connection) -> None:
    dialect = dialect_of(connection.dialect.name)
    driver_connection = connection.connection.dbapi_connection
    if (owner := owner_of(connection)) is not None:
        require_same_transaction(owner, dialect, driver_connection)
    if not dialect.commit_is_possible(driver_connection):
        raise TransactionPoisoned(
            "The database has given this transaction up already; nothing was committed."
        )
