"""The rules: a code, what the rule looks for, and what to do instead."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tools.lifecycle_lint import matchers
from tools.lifecycle_lint.place import Place


@dataclass(frozen=True)
class Rule:
    """One thing that only `myapp.db` may do."""

    code: str
    matches: Callable[[Place], bool]
    message: str


_SESSION_LIFECYCLE = Rule(
    "L001",
    matchers.session_lifecycle,
    "The transaction is ended by myapp.db alone. In a view return 2xx or 3xx to commit, 4xx or 5xx (or "
    "raise) to abort; in a script use unit_of_work(); for a partial undo use begin_nested(), to send "
    "changes flush().",
)
_WITH_SESSION = Rule(
    "L002",
    matchers.with_session,
    "`with` would close the session. Use it as it is, it is closed for you; in a script write `with "
    "unit_of_work(...) as session`.",
)
_TRANSACTION_MANAGER = Rule(
    "L003",
    matchers.transaction_manager,
    "The transaction manager is driven by myapp.db alone. The response's status decides: 2xx and 3xx "
    "commit, 4xx and 5xx abort; for a dry run undo a begin_nested(); in a script use unit_of_work().",
)
_MANAGED_TRANSACTION = Rule(
    "L004",
    matchers.managed_transaction,
    "This ends the transaction behind the guard of request.tm. Let the response's status decide; to act "
    "once the request has committed use after_commit().",
)
_SESSION_FACTORY = Rule(
    "L005",
    matchers.session_factory,
    "There is one sessionmaker, in myapp.db. Use request.dbsession in a view, unit_of_work() or "
    "throwaway() in a script.",
)
_SESSION_CONSTRUCTION = Rule(
    "L006",
    matchers.session_construction,
    "A session of one's own commits apart from the request. Use request.dbsession in a view, "
    "unit_of_work() or throwaway() in a script.",
)
_ENGINE_CONSTRUCTION = Rule(
    "L007",
    matchers.engine_construction,
    "An engine of one's own has none of the guards. Use make_engine() of myapp.db, or throwaway().",
)
_RAW_CONNECTION = Rule(
    "L008",
    matchers.raw_connection,
    "A raw connection goes around the request's transaction. Execute on request.dbsession; for a body "
    "larger than memory use stream().",
)
_DRIVER_CONNECT = Rule(
    "L009",
    matchers.driver_connect,
    "The driver's own connection has no BEGIN, no timeouts and no guards. Execute on request.dbsession; "
    "in a script use throwaway().",
)
_TRANSACTION_SQL = Rule(
    "L010",
    matchers.transaction_sql,
    "Transaction control and session settings belong to myapp.db. Use begin_nested() for a savepoint, SET "
    "LOCAL or set_config(name, value, true) for a setting, and the view option db_mode for a mode.",
)

# The first that matches a node speaks, so the more exact one stands before the more general.
RULES = (
    _MANAGED_TRANSACTION,
    _TRANSACTION_MANAGER,
    _DRIVER_CONNECT,
    _RAW_CONNECTION,
    _SESSION_LIFECYCLE,
    _WITH_SESSION,
    _SESSION_FACTORY,
    _SESSION_CONSTRUCTION,
    _ENGINE_CONSTRUCTION,
    _TRANSACTION_SQL,
)
