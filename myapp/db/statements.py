"""Every statement of a session passes here, before it is sent and after: may it go, and what did it cost?"""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.sql.elements import ReleaseSavepointClause, RollbackToSavepointClause, SavepointClause

from myapp.db.checkin import TAINTED
from myapp.db.control import Verdict, refuse_control, verdict
from myapp.db.dialects import Dialect, dialect_of
from myapp.db.errors import TransactionPoisoned
from myapp.db.owner import Owner, owner_of

# Nothing else begins like what SQLAlchemy sends for begin_nested(), which comes through the same door.
_LIKE_BEGIN_NESTED = tuple(
    f"{word} sa_savepoint_" for word in ("SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK TO SAVEPOINT")
)
_OF_BEGIN_NESTED = (SavepointClause, ReleaseSavepointClause, RollbackToSavepointClause)


def listen(engine: Engine) -> None:
    """Attach the one listener before each statement and the one after it."""
    dialect = dialect_of(engine.dialect.name)

    def begin(connection: Connection) -> None:
        if (owner := owner_of(connection)) is not None:
            owner.endings_before = endings_of(connection.connection.dbapi_connection)

    def before(
        connection: Connection, cursor: Any, statement: str, parameters: Any, context: Any, many: Any
    ) -> None:
        owner = owner_of(connection)
        if owner is None:
            # It is nobody's request, and what lasts of it must not reach anybody's.
            if verdict(statement) in (Verdict.TAINTS, Verdict.LASTS):
                connection.info[TAINTED] = True
            return
        owner.require_here()
        # Before COMMIT the application's own hooks may send SQL too, while the machinery is at work.
        if not _is_of_begin_nested(statement, context) and refuse_control(owner, statement):
            connection.info[TAINTED] = True
        if owner.in_machinery:
            return
        owner.cursors.add(cursor)
        require_same_transaction(owner, dialect, cursor.connection)
        owner.cost.started = time.perf_counter()

    def after(
        connection: Connection, cursor: Any, statement: str, parameters: Any, context: Any, many: Any
    ) -> None:
        owner = owner_of(connection)
        # What the machinery itself sends is no statement of the application's.
        if owner is None or owner.in_machinery:
            return
        cost = owner.cost
        cost.seconds += time.perf_counter() - cost.started
        if not _is_of_begin_nested(statement, context):
            cost.statements += 1
            # SQLite does not know how many rows a SELECT will have: it says -1.
            cost.rows += max(0, cursor.rowcount)

    event.listen(engine, "begin", begin)
    event.listen(engine, "before_cursor_execute", before)
    event.listen(engine, "after_cursor_execute", after)


def _is_of_begin_nested(statement: str, context: Any) -> bool:
    if not statement.startswith(_LIKE_BEGIN_NESTED):
        return False
    # The application's own text may begin so, too.
    return isinstance(getattr(context.compiled, "statement", None), _OF_BEGIN_NESTED)


def endings_of(driver_connection: Any) -> int:
    """Return how many transactions were ended on a driver's connection; none where it does not count."""
    return int(getattr(driver_connection, "endings", 0))


def require_same_transaction(owner: Owner, dialect: Dialect, driver_connection: Any) -> None:
    """Raise if the transaction was ended on the driver's own connection, which no other guard can see.

    What was done before is then lost or durable, and what follows would be a transaction of its own.

    Raises:
        TransactionPoisoned: the driver is in no transaction although it should be, or in another one.
    """
    begun = dialect.IN_TRANSACTION_AT_ONCE or owner.cost.statements
    is_another = endings_of(driver_connection) != owner.endings_before
    if begun and (is_another or not dialect.in_transaction(driver_connection)):
        error = TransactionPoisoned(
            "The transaction was ended behind the session's back, on the driver's connection or by the "
            "database: what was done before is lost or already durable."
        )
        owner.record_error(error)
        raise error
