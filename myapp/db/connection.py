"""The session's connection is the view's to use, but not to end, to give away or to set up anew.

`dbsession.connection()` hands it out. SQLAlchemy's Session ends a transaction through the transaction's own
object, so what arrives at these methods while one is open comes from the machinery or from application code.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.engine import RootTransaction, TwoPhaseTransaction

from myapp.db.owner import INTERACTIVE_OPTION, MODE_OPTION, OWNER_OPTION, Mode, Owner, owner_of

_REMEDY = (
    "connection.{name}() is not for application code: the transaction manager ends the transaction when the "
    "request does. Return a 2xx or 3xx response to commit, a 4xx or 5xx (or raise) to abort; use "
    "dbsession.begin_nested() for a partial undo."
)
_FIXED = (
    "{names} cannot be set on a session's connection: the mode comes from the view option db_mode, the rest "
    "from where the engine is made. On PostgreSQL a view that writes may ask for a stricter isolation with "
    "its first use of the session: "
    'dbsession.connection(execution_options={{"isolation_level": "SERIALIZABLE"}}).'
)

# They say who owns a transaction and how it begins; any other option is the view's own affair.
_PROTECTED = frozenset(
    {
        OWNER_OPTION,
        MODE_OPTION,
        INTERACTIVE_OPTION,
        "isolation_level",
        "postgresql_readonly",
        "postgresql_deferrable",
    }
)
_STRICTER = frozenset({"REPEATABLE READ", "SERIALIZABLE"})


class OwnedConnection(Connection):
    """A connection that refuses lifecycle calls while a session of ours has its transaction open on it."""

    def commit(self) -> None:
        """Refuse, unless called by the machinery."""
        self._refuse_application("commit")
        super().commit()

    def rollback(self) -> None:
        """Refuse, unless called by the machinery."""
        self._refuse_application("rollback")
        super().rollback()

    def close(self) -> None:
        """Refuse, unless called by the machinery."""
        self._refuse_application("close")
        super().close()

    def begin(self) -> RootTransaction:
        """Refuse a second transaction."""
        self._refuse_application("begin")
        return super().begin()

    def begin_twophase(self, xid: Any = None) -> TwoPhaseTransaction:
        """Refuse: a prepared transaction would outlive the request."""
        self._refuse_application("begin_twophase")
        return super().begin_twophase(xid)

    def recover_twophase(self) -> list[Any]:
        """Refuse, as with `begin_twophase`."""
        self._refuse_application("recover_twophase")
        return super().recover_twophase()

    def commit_prepared(self, xid: Any, recover: bool = False) -> None:  # noqa: FBT001, FBT002
        """Refuse, as with `begin_twophase`."""
        self._refuse_application("commit_prepared")
        super().commit_prepared(xid, recover)

    def rollback_prepared(self, xid: Any, recover: bool = False) -> None:  # noqa: FBT001, FBT002
        """Refuse, as with `begin_twophase`."""
        self._refuse_application("rollback_prepared")
        super().rollback_prepared(xid, recover)

    def invalidate(self, exception: BaseException | None = None) -> None:
        """Refuse, unless called by the machinery, or by SQLAlchemy with the error of a broken connection."""
        if exception is None:
            self._refuse_application("invalidate")
        super().invalidate(exception)

    def detach(self) -> None:
        """Refuse: the pool would never get the connection back."""
        self._refuse_application("detach")
        super().detach()

    def execution_options(self, **options: Any) -> Connection:
        """Refuse the options that say who owns the transaction and how it began."""
        owner = owner_of(self)
        if owner is not None and self.in_transaction():
            refuse_protected(owner, options, self.dialect.name)
        return super().execution_options(**options)

    def _refuse_application(self, name: str) -> None:
        owner = owner_of(self)
        # Without a transaction it is SQLAlchemy that opens one, or gives up after a failed BEGIN.
        if owner is not None and not owner.in_machinery and self.in_transaction():
            raise owner.violate(_REMEDY.format(name=name))


def install(engine: Engine) -> None:
    """Let the engine make connections of this kind."""
    engine._connection_cls = OwnedConnection


def refuse_protected(owner: Owner, options: Mapping[str, Any], dialect_name: str) -> None:
    """Raise if application code sets an option that is not its own to set.

    Raises:
        LifecycleViolation: it does.
    """
    names = _PROTECTED & options.keys()
    if owner.mode is Mode.WRITE and dialect_name == "postgresql":
        names -= {"isolation_level"} if options.get("isolation_level") in _STRICTER else set()
    if names:
        raise owner.violate(_FIXED.format(names=", ".join(sorted(names))))
