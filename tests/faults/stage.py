"""A WSGI application on the injector: ask it something while a call fails, then look at everything."""

from __future__ import annotations

import gc
import json
import logging
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

from sqlalchemy import Engine
from webob import Request

from myapp.db.dialects import dialect_of
from tests.databases import Database
from tests.faults.injector import Call, Fault, Injector
from tests.faults.kinds import Interruption
from tests.faults.picture import Camera, Effect, Picture


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request that succeeds where nothing fails; with a key it may be sent again without harm."""

    method: str
    url: str
    body: bytes = b""
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    can_be_repeated: bool = False

    @property
    def is_safe(self) -> bool:
        return self.method in ("GET", "HEAD", "OPTIONS")


@dataclass(frozen=True, slots=True)
class Answer:
    """What the WSGI server got: a response, or an exception of which it makes a 500."""

    status: int
    content_type: str = ""
    body: bytes = b""
    error: str = ""

    @property
    def is_success(self) -> bool:
        return not self.error and self.status < 400

    @property
    def document(self) -> Any:
        """Return the body as JSON, None where it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @property
    def summary(self) -> str:
        """Return the status, or the type of the error, to be counted by."""
        return self.error.partition("(")[0] or str(self.status)

    def __str__(self) -> str:
        return self.error[:300] or f"{self.status} {self.body[:200]!r}"


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What a request does without a fault, and its calls; `connecting` are those of a new connection."""

    effect: Effect
    connecting: list[Call]
    warm: list[Call]
    answer: Answer


def _before_common_end(cold: list[Call], warm: list[Call]) -> list[Call]:
    # What a new connection is asked comes before all that a request asks of any connection.
    same = takewhile(lambda pair: pair[0] == pair[1], zip(reversed(cold), reversed(warm), strict=False))
    return cold[: len(cold) - sum(1 for _ in same)]


def send(app: Callable[..., Any], exchange: Exchange) -> Answer:
    """Send a request; whatever reaches the WSGI server is an answer too."""
    request = Request.blank(exchange.url, method=exchange.method, headers=exchange.headers)
    if exchange.body:
        request.body, request.content_type = exchange.body, exchange.content_type
    # A server writes a log record and lets it go; pytest keeps it, with all that its traceback refers to.
    logging.disable(logging.CRITICAL)
    try:
        response = request.get_response(app)
        return Answer(response.status_int, response.content_type or "", response.body)
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt) and not isinstance(error, Interruption):
            raise
        # As text alone, because its traceback would hold what the application has let go.
        return Answer(500, error=repr(error))
    finally:
        logging.disable(logging.NOTSET)


class Stage:
    """An application whose engine has an injector, and whose database can be put back."""

    def __init__(self, app: Callable[..., Any], engine: Engine, database: Database) -> None:
        self.app = app
        self.engine = engine
        self.database = database
        self.injector = Injector(engine)
        self.camera = Camera(database)
        self._last: Exchange | None = None

    def __enter__(self) -> Stage:
        return self

    def __exit__(self, *error: object) -> None:
        """Close every connection."""
        self.injector.close()
        self.camera.close()

    def ask(self, exchange: Exchange, *faults: Fault) -> Answer:
        """Send a request, with faults on its way."""
        self._last = exchange
        with self.injector.failing(*faults):
            return send(self.app, exchange)

    def settle(self, look: Exchange) -> None:
        """Let the last request be one that only looks, because the next one's calls may depend on it."""
        if self._last is not look:
            self.ask(look)

    def rehearse(self, exchange: Exchange, look: Exchange) -> Rehearsal:
        """Do it without a fault; return what it does, and the calls it needs with a cold and a warm pool."""
        self._must_succeed(exchange)  # an engine's first connection is asked more than the later ones
        self.engine.dispose()
        first, cold, _ = self._must_succeed(exchange)
        self.settle(look)
        second, warm, answer = self._must_succeed(exchange)
        return Rehearsal(
            Effect(self.camera.columns, first, second), _before_common_end(cold, warm), warm, answer
        )

    def _must_succeed(self, exchange: Exchange) -> tuple[Picture, list[Call], Answer]:
        self.camera.restore()
        answer = self.ask(exchange)
        if not answer.is_success:
            raise AssertionError(f"{exchange} fails without a fault: {answer}")
        picture = self.camera.take()
        if not exchange.is_safe and picture == self.camera.first:
            raise AssertionError(f"{exchange} changes nothing, so nothing can be told from what it changed.")
        return picture, self.injector.calls, answer

    def recover(self, look: Exchange) -> None:
        """Give up every connection, those that only the collector would find included, and make one anew."""
        gc.collect()
        self.injector.close()
        self.camera.restore()
        self.ask(look)

    def leftovers(self) -> list[str]:
        """Return what tells of a connection that nobody gave back, or of a transaction that nobody ended."""
        pool: Any = self.engine.pool
        found = [f"{pool.checkedout()} connections are checked out"] if pool.checkedout() else []
        dialect = dialect_of(self.engine.dialect.name)
        for connection in self.injector.connections:
            if not _is_closed(connection) and dialect.in_transaction(connection):
                found.append("a driver's connection is in a transaction")
        return found + self.camera.open_transactions()


def _is_closed(connection: Any) -> bool:
    if isinstance(connection, sqlite3.Connection):
        try:
            connection.total_changes  # noqa: B018 - only by its error can a closed connection be told
        except sqlite3.ProgrammingError:
            return True
        return False
    return bool(connection.closed)
