"""The strategies: who makes the Session, who ends it, and nothing else.

The first five are SQLAlchemy as it comes, with `create_engine(url)`; only a lock timeout is added, equal for
all, because a lock that nobody gives back would otherwise stop the run for good.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

from pyramid.config import Configurator
from pyramid.events import NewRequest
from pyramid.request import Request
from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session, scoped_session, sessionmaker

LOCK_TIMEOUT_S = 0.5
LOCK_TIMEOUT_MS = round(LOCK_TIMEOUT_S * 1000)

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class Strategy(ABC):
    """One answer to "where does the Session come from?"; `title` is what the page calls it."""

    name: str
    title: str
    engine: Engine

    def __init__(
        self, url: str, *, expire_on_commit: bool = True, isolation_level: str | None = None
    ) -> None:
        self.url = url
        self.expire_on_commit = expire_on_commit
        self.isolation_level = isolation_level
        self.prepare()

    def prepare(self) -> None:
        """Make the engine and, where the strategy has one, the session that everybody shares."""
        self.engine = stock_engine(self.url, self.isolation_level)
        self.make_session = sessionmaker(self.engine, expire_on_commit=self.expire_on_commit)

    def include(self, config: Configurator) -> None:  # noqa: B027 - most strategies add nothing
        """Add to the application what the strategy needs at the end of a request."""

    @abstractmethod
    def session(self, request: Request) -> Session:
        """Return the session that the request's next data function gets."""

    def run(
        self,
        request: Request,
        function: Callable[Concatenate[Session, Arguments], Result],
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Result:
        """Call a data function with the session that the strategy gives it."""
        return function(self.session(request), *args, **kwargs)

    def commit(self, request: Request) -> None:
        """Do what the strategy asks of a view whose work is done."""
        self.session(request).commit()

    def close(self) -> None:
        """Give the connections back that can be."""
        self.engine.dispose()


def stock_engine(url: str, isolation_level: str | None) -> Engine:
    """Return an engine as `create_engine` makes it, but for the lock timeout."""
    on_sqlite = make_url(url).get_backend_name() == "sqlite"
    limits = {"timeout": LOCK_TIMEOUT_S} if on_sqlite else {"options": f"-c lock_timeout={LOCK_TIMEOUT_MS}"}
    options = {} if isolation_level is None else {"isolation_level": isolation_level}
    return create_engine(url, connect_args=limits, **options)


class GlobalSession(Strategy):
    """`session = Session(engine)` at the top of a module, used by every request and thread."""

    name = "global"
    title = "one global Session"

    def prepare(self) -> None:
        """Make the one session."""
        super().prepare()
        self._session = self.make_session()

    def session(self, request: Request) -> Session:
        """Return the one session."""
        return self._session

    def close(self) -> None:
        """Close the session, then the engine."""
        self._session.close()
        super().close()


class ScopedForgotten(Strategy):
    """A thread-scoped `scoped_session` on which nobody calls `remove()`."""

    name = "scoped_forgotten"
    title = "scoped_session, `remove()` forgotten"

    def prepare(self) -> None:
        """Make the registry of sessions, one a thread."""
        super().prepare()
        self.registry = scoped_session(self.make_session)

    def session(self, request: Request) -> Session:
        """Return the session of the present thread."""
        return self.registry()


class ScopedRemoved(ScopedForgotten):
    """The same, with `remove()` at the end of every request."""

    name = "scoped_removed"
    title = "scoped_session, `remove()` called"

    def include(self, config: Configurator) -> None:
        """Call `remove()` when a request is finished, whatever became of it."""
        config.add_subscriber(self._remove_when_finished, NewRequest)

    def _remove_when_finished(self, event: Any) -> None:
        event.request.add_finished_callback(lambda _: self.registry.remove())


class SessionPerFunction(Strategy):
    """Every data function opens, commits and closes a session of its own."""

    name = "per_function"
    title = "a Session per function"

    def session(self, request: Request) -> Session:
        """Refuse: a request has no session here."""
        raise NotImplementedError("a function's session ends with the function")

    def run(
        self,
        request: Request,
        function: Callable[Concatenate[Session, Arguments], Result],
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Result:
        """Call the function inside `with Session(engine) as session, session.begin()`."""
        with self.make_session() as session, session.begin():
            return function(session, *args, **kwargs)

    def commit(self, request: Request) -> None:
        """Do nothing: the functions have committed already."""


class SessionPerRequest(Strategy):
    """`request.dbsession`, closed when the request is finished; the view itself commits."""

    name = "per_request"
    title = "a Session per request, the view commits"

    def include(self, config: Configurator) -> None:
        """Add `request.dbsession`."""
        config.add_request_method(self._open, "dbsession", reify=True)

    def _open(self, request: Request) -> Session:
        session = self.make_session()
        request.add_finished_callback(lambda _: session.close())
        return session

    def session(self, request: Request) -> Session:
        """Return the request's session."""
        session: Session = request.dbsession
        return session


class Ours(Strategy):
    """`config.include("myapp.db")`: a Session per request attempt, ended by the transaction manager."""

    name = "ours"
    title = '`config.include("myapp.db")`'

    def prepare(self) -> None:
        """Leave the engine to the package."""

    def include(self, config: Configurator) -> None:
        """Include the package, with the lock timeout of the others."""
        settings = {"sqlalchemy.url": self.url, "db.lock_timeout_s": LOCK_TIMEOUT_S}
        if self.isolation_level is not None:
            settings["sqlalchemy.isolation_level"] = self.isolation_level
        config.add_settings(settings)
        config.include("myapp.db")
        self.engine = config.registry["dbsession_factory"].engine

    def session(self, request: Request) -> Session:
        """Return the request's session."""
        session: Session = request.dbsession
        return session

    def commit(self, request: Request) -> None:
        """Do nothing: a response of 2xx or 3xx is what commits."""


STRATEGIES: tuple[type[Strategy], ...] = (
    GlobalSession,
    ScopedForgotten,
    ScopedRemoved,
    SessionPerFunction,
    SessionPerRequest,
    Ours,
)
