"""The session a request is given: an ordinary SQLAlchemy Session whose lifecycle is not the view's.

One `sessionmaker`, configured here; one fresh session per request attempt or unit of work.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Never, cast

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session, SessionTransaction, sessionmaker
from sqlalchemy.util import immutabledict

from myapp.db.compiled import CompiledStatements
from myapp.db.connection import refuse_protected
from myapp.db.errors import SessionUnavailable
from myapp.db.owner import INTERACTIVE_OPTION, MODE_OPTION, OWNER_OPTION, Mode, Owner

_REMEDY = (
    "dbsession.{name}() is not for application code: the transaction manager ends the transaction when the "
    "request does. Return a 2xx or 3xx response to commit, a 4xx or 5xx (or raise) to abort; use "
    "dbsession.begin_nested() for a partial undo and dbsession.flush() to send pending changes."
)
_REMEDY_IN_SHELL = (
    "dbsession.{name}() is not for the shell: commit() keeps your changes and abort() drops them. What this "
    "session was told is dropped; call abort() to go on with a new one."
)


class _Lent:
    """An attribute that is set when its session is made, and by nobody afterwards.

    It has no `__get__`, so Python reads the value where any attribute is, at no cost.
    """

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __set__(self, session: OwnedSession, value: Any) -> None:
        if self._name in session.__dict__:
            raise session.owner.violate(f"dbsession.{self._name} is not application code's to set.")
        session.__dict__[self._name] = value

    def __delete__(self, session: OwnedSession) -> Never:
        raise session.owner.violate(f"dbsession.{self._name} is not application code's to delete.")


class OwnedSession(Session):
    """A Session that refuses lifecycle calls unless the machinery makes them.

    `owner` is the state shared with the engine's events; see `myapp.db.owner`.
    """

    # Another engine, or options without the owner, would have none of the guards.
    owner: Owner = cast("Any", _Lent())
    bind: Engine | Connection | None = cast("Any", _Lent())
    execution_options: Any = _Lent()
    # A prepared transaction would outlive the request, and its COMMIT passes every check by.
    twophase: bool = cast("Any", _Lent())

    def __init__(
        self, bind: Engine, *, owner: Owner, execution_options: Mapping[str, Any], **options: Any
    ) -> None:
        self.owner = owner
        self.execution_options = immutabledict(execution_options)
        super().__init__(bind, **options)

    def _refuse_unless_machinery(self, name: str) -> None:
        if not self.owner.in_machinery:
            self._require_usable()
            in_shell = self.execution_options.get(INTERACTIVE_OPTION)
            raise self.owner.violate((_REMEDY_IN_SHELL if in_shell else _REMEDY).format(name=name))

    def _require_usable(self) -> None:
        if self.owner.ended or self.owner.committed:
            raise SessionUnavailable(
                "This session's request (or unit of work) is over. Load what is needed before it ends, or "
                "open a unit_of_work() of your own."
            )
        self.owner.require_here()

    def get_bind(self, *args: Any, **options: Any) -> Engine | Connection:
        """Return the session's engine; refuse another one.

        Two databases cannot be committed as one, and the other has none of the guards.
        """
        engine: Engine | Connection = super().get_bind(*args, **options)
        if engine is not self.bind:
            raise self.owner.violate(
                "A session speaks to the database it was made for. For another one open a unit_of_work() "
                "on a SessionFactory of its own."
            )
        return engine

    def commit(self) -> None:
        """Refuse, unless called by the machinery."""
        self._refuse_unless_machinery("commit")
        super().commit()

    def rollback(self) -> None:
        """Refuse, unless called by the machinery."""
        self._refuse_unless_machinery("rollback")
        super().rollback()

    def close(self) -> None:
        """Refuse, unless called by the machinery."""
        self._refuse_unless_machinery("close")
        super().close()

    def reset(self) -> None:
        """Refuse, unless called by the machinery."""
        self._refuse_unless_machinery("reset")
        super().reset()

    def invalidate(self) -> None:
        """Refuse, unless called by the machinery."""
        self._refuse_unless_machinery("invalidate")
        super().invalidate()

    def prepare(self) -> None:
        """Refuse, unless called by the machinery."""
        self._refuse_unless_machinery("prepare")
        super().prepare()

    def begin(self, nested: bool = False) -> SessionTransaction:  # noqa: FBT001, FBT002 - SQLAlchemy's signature
        """Open a savepoint; refuse a new transaction unless the machinery asks for it."""
        if not nested:
            self._refuse_unless_machinery("begin")
        return super().begin(nested=nested)

    def __enter__(self) -> Never:
        self._require_usable()
        raise self.owner.violate(_REMEDY.format(name="__enter__"))

    def _autobegin_t(self, begin: bool = False) -> SessionTransaction:  # noqa: FBT001, FBT002
        self._require_usable()
        return super()._autobegin_t(begin)

    def _connection_for_bind(
        self, engine: Any, execution_options: Mapping[str, Any] | None = None, **options: Any
    ) -> Connection:
        self._require_usable()
        refuse_protected(self.owner, execution_options or {}, engine.dialect.name)
        try:
            return super()._connection_for_bind(engine, execution_options, **options)
        except (DBAPIError, PoolTimeoutError) as error:
            # The engine's listener finds the owner by the connection, and here there may be none.
            self.owner.record_error(error)
            raise


def is_another_attempt(session: Session) -> bool:
    """Tell whether the session's work was begun before and met a conflict.

    It may prefer then to take its locks at once, in one order, and to wait for them.
    """
    return isinstance(session, OwnedSession) and session.owner.attempts_before > 0


class SessionFactory:
    """Makes the sessions of one engine."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._make = sessionmaker(engine, class_=OwnedSession)
        # None where the deployment wants no cache.
        cache = engine._compiled_cache
        self._options = {} if cache is None else {"compiled_cache": CompiledStatements(cache)}

    def __call__(self, mode: Mode, *, interactive: bool = False, attempts_before: int = 0) -> OwnedSession:
        """Return a new session; it touches no database until it is used."""
        owner = Owner(mode, attempts_before)
        options: dict[str, Any] = {
            OWNER_OPTION: owner,
            MODE_OPTION: mode,
            INTERACTIVE_OPTION: interactive,
            **self._options,
        }
        return self._make(owner=owner, execution_options=options)
