"""What each rule looks for: one function a rule, which tells whether the node in its place offends."""

from __future__ import annotations

import ast
import re

from tools.lifecycle_lint.place import Place
from tools.lifecycle_lint.receivers import (
    is_database,
    is_engine,
    is_managed_transaction,
    is_manager,
    is_savepoint,
)
from tools.lifecycle_lint.sql import controls_transaction, literals

# These end or begin a transaction whatever they are called on, a raw DBAPI connection included.
_ENDINGS = {"commit", "rollback", "begin"}
# A file, too, is closed: these count only on what looks like a session or a connection.
_SESSION_CALLS = _ENDINGS | {"close", "reset", "invalidate", "prepare"}
_MANAGER_CALLS = {"begin", "commit", "abort", "doom", "run", "attempts"}
_MANAGERS = {"TransactionManager", "ThreadTransactionManager"}
_FACTORIES = {"sessionmaker", "scoped_session", "async_sessionmaker", "async_scoped_session"}
_SESSIONS = {"Session", "AsyncSession", "OwnedSession"}
_ENGINES = {"create_engine", "create_async_engine", "engine_from_config", "async_engine_from_config"}
_RAW = {"raw_connection", "dbapi_connection", "driver_connection"}
_DRIVER_CONNECT = re.compile(r"(sqlite3|psycopg|psycopg_pool)\.(.+\.)?(connect|(Async)?Connection(Pool)?)")
_SQL_CALLS = {"text", "execute", "exec_driver_sql", "executemany", "executescript", "scalar", "scalars"}
_SQL_KEYWORDS = {"text", "statement"}


def session_lifecycle(place: Place) -> bool:
    """Match `session.commit()` and its like; a savepoint's commit and rollback are its own."""
    match place.node:
        case ast.Attribute(value=receiver, attr=name) if name in _SESSION_CALLS:
            if name in ("commit", "rollback") and is_savepoint(place, receiver):
                return False
            return is_database(place, receiver) or (name in _ENDINGS and place.call() is not None)
    return False


def with_session(place: Place) -> bool:
    """Match `with session:` and `with closing(session):`."""
    match place.node:
        case ast.withitem(context_expr=ast.Call(args=[closed]) as call):
            return place.last_name(call) in ("closing", "aclosing") and is_database(place, closed)
        case ast.withitem(context_expr=ast.Name() | ast.Attribute() as context):
            return is_database(place, context)
    return False


def transaction_manager(place: Place) -> bool:
    """Match `request.tm.commit()`, `transaction.abort()`, `with tm:` and a manager of one's own."""
    match place.node:
        case ast.Attribute(value=receiver, attr=name) if name in _MANAGER_CALLS:
            return is_manager(place, receiver) or (name in ("abort", "doom") and _called_bare(place))
        case ast.Call(func=ast.Name() as function):
            module, _, name = place.dotted(function).rpartition(".")
            return name in _MANAGERS or (module == "transaction" and name in _MANAGER_CALLS)
        case ast.Call(func=ast.Attribute(attr=name)):
            return name in _MANAGERS
        case ast.withitem(context_expr=ast.Name() | ast.Attribute() as context):
            return is_manager(place, context)
    return False


def managed_transaction(place: Place) -> bool:
    """Match `tm.get().commit()`, which no guard at run time can refuse."""
    match place.node:
        case ast.Attribute(value=receiver, attr="commit" | "abort" | "doom"):
            return is_managed_transaction(place, receiver)
    return False


def session_factory(place: Place) -> bool:
    """Match `sessionmaker` and `scoped_session`, imported or reached through a module."""
    return _mentions(place, _FACTORIES)


def session_construction(place: Place) -> bool:
    """Match `Session(engine)` and a class derived from Session."""
    match place.node:
        case ast.Call(func=ast.Name() | ast.Attribute() as function):
            return place.last_name(function) in _SESSIONS
        case ast.ClassDef(bases=bases):
            return any(place.last_name(base) in _SESSIONS for base in bases)
    return False


def engine_construction(place: Place) -> bool:
    """Match `create_engine` and `engine_from_config`, imported or reached through a module."""
    return _mentions(place, _ENGINES)


def raw_connection(place: Place) -> bool:
    """Match a connection taken from an engine, and the driver's connection under SQLAlchemy's."""
    match place.node:
        case ast.Attribute(attr=name) if name in _RAW:
            return True
        case ast.Attribute(value=receiver, attr="connect" | "begin") if is_engine(place, receiver):
            return True
        case ast.Attribute(attr="connect" | "cursor"):
            return _called_bare(place)
    return False


def driver_connect(place: Place) -> bool:
    """Match `sqlite3.connect(...)`, `psycopg.connect(...)` and their like; a type annotation is none."""
    match place.node:
        case ast.Name() | ast.Attribute() as function:
            is_taken = place.call() is not None or place.last_name(function) == "connect"
            return is_taken and _DRIVER_CONNECT.fullmatch(place.dotted(function)) is not None
    return False


def transaction_sql(place: Place) -> bool:
    """Match `text("COMMIT")` and its like, also by the name of a constant."""
    match place.node:
        case ast.Call(args=positional, keywords=named) if place.last_name(place.node) in _SQL_CALLS:
            given = [*positional[:1], *(each.value for each in named if each.arg in _SQL_KEYWORDS)]
            return any(controls_transaction(sql) for each in given for sql in literals(place, each))
    return False


def _mentions(place: Place, names: set[str]) -> bool:
    match place.node:
        case ast.alias(name=name) | ast.Attribute(attr=name):
            return name in names
    return False


def _called_bare(place: Place) -> bool:
    call = place.call()
    return call is not None and not call.args and not call.keywords
