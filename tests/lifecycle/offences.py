"""Every call by which application code could end, replace, give away or set up anew what it was lent.

Each takes the request. What is refused at the door says what to do instead; what has no door is found out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import create_engine, select

Offence = Callable[[Any], object]

READ_UNCOMMITTED = {"isolation_level": "READ UNCOMMITTED"}
AUTOCOMMIT = {"isolation_level": "AUTOCOMMIT"}


def enter(thing: Any) -> None:
    with thing:
        pass


def leave(thing: Any) -> None:
    thing.__exit__(None, None, None)


def attempt(request: Any) -> None:
    for each in request.tm.attempts():
        enter(each)


def connection(request: Any) -> Any:
    return request.dbsession.connection()


def another_transaction(request: Any) -> None:
    """End the transaction on the driver's connection, and let another one begin there."""
    driver = connection(request).connection.dbapi_connection
    driver.rollback()
    driver.execute("BEGIN" if connection(request).dialect.name == "sqlite" else "SELECT 1")


def elsewhere(request: Any) -> None:
    """Ask another database, which would be committed after this one or before it, but not with it."""
    request.dbsession.execute(select(1), bind_arguments={"bind": create_engine("sqlite://")})


SESSION: dict[str, Offence] = {
    "commit": lambda request: request.dbsession.commit(),
    "rollback": lambda request: request.dbsession.rollback(),
    "close": lambda request: request.dbsession.close(),
    "reset": lambda request: request.dbsession.reset(),
    "invalidate": lambda request: request.dbsession.invalidate(),
    "prepare": lambda request: request.dbsession.prepare(),
    "begin": lambda request: request.dbsession.begin(),
    "__enter__": lambda request: enter(request.dbsession),
    "__exit__": lambda request: leave(request.dbsession),
}

CONNECTION: dict[str, Offence] = {
    "commit": lambda request: connection(request).commit(),
    "rollback": lambda request: connection(request).rollback(),
    "close": lambda request: connection(request).close(),
    "begin": lambda request: connection(request).begin(),
    "begin_twophase": lambda request: connection(request).begin_twophase(),
    "recover_twophase": lambda request: connection(request).recover_twophase(),
    "commit_prepared": lambda request: connection(request).commit_prepared("x"),
    "rollback_prepared": lambda request: connection(request).rollback_prepared("x"),
    "invalidate": lambda request: connection(request).invalidate(),
    "detach": lambda request: connection(request).detach(),
    "__exit__": lambda request: enter(connection(request)),
    "execution_options": lambda request: connection(request).execution_options(**AUTOCOMMIT),
}

MANAGER: dict[str, Offence] = {
    "begin": lambda request: request.tm.begin(),
    "commit": lambda request: request.tm.commit(),
    "abort": lambda request: request.tm.abort(),
    "doom": lambda request: request.tm.doom(),
    "free": lambda request: request.tm.free(request.tm.get()),
    "savepoint": lambda request: request.tm.savepoint(),
    "run": lambda request: request.tm.run(lambda: None),
    "attempts": attempt,
    "__enter__": lambda request: enter(request.tm),
    "__exit__": lambda request: leave(request.tm),
}

TRANSACTION: dict[str, Offence] = {
    "commit": lambda request: request.tm.get().commit(),
    "abort": lambda request: request.tm.get().abort(),
    "doom": lambda request: request.tm.get().doom(),
    "savepoint": lambda request: request.tm.get().savepoint(),
}

OTHERS: dict[str, Offence] = {
    "session transaction.commit": lambda request: request.dbsession.get_transaction().commit(),
    "another database": elsewhere,
    "connection transaction.commit": lambda request: connection(request).get_transaction().commit(),
    "a mode of one's own": lambda request: connection(request).execution_options(myapp_mode=None),
    "nobody's connection": lambda request: connection(request).execution_options(myapp_owner=None),
}

# These set up the transaction, so they come before anything else has opened it.
FIRST_USES: dict[str, Offence] = {
    "autocommit": lambda request: request.dbsession.connection(execution_options=AUTOCOMMIT),
    "weaker isolation": lambda request: request.dbsession.connection(execution_options=READ_UNCOMMITTED),
    "not read-only": lambda request: request.dbsession.connection(
        execution_options={"postgresql_readonly": False}
    ),
}

REFUSED: dict[str, Offence] = {
    **{f"session.{name}": offence for name, offence in SESSION.items()},
    **{f"connection.{name}": offence for name, offence in CONNECTION.items()},
    **{f"tm.{name}": offence for name, offence in MANAGER.items()},
    **{f"tm.get().{name}": offence for name, offence in TRANSACTION.items()},
    **OTHERS,
}

# These have no door at which to refuse them; they must be found out at the end.
UNDERHAND: dict[str, Offence] = {
    "session transaction.rollback": lambda request: request.dbsession.get_transaction().rollback(),
    "session transaction.close": lambda request: request.dbsession.get_transaction().close(),
    "connection transaction.rollback": lambda request: connection(request).get_transaction().rollback(),
    "connection transaction.close": lambda request: connection(request).get_transaction().close(),
    "fairy.invalidate": lambda request: connection(request).connection.invalidate(),
    "driver's rollback": lambda request: connection(request).connection.rollback(),
    "driver's rollback and another begin": another_transaction,
    "driver's close": lambda request: connection(request).connection.dbapi_connection.close(),
}
