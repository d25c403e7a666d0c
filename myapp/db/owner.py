"""Who uses a connection: the facts about one session that must reach the engine's events.

The owner travels in the connection's execution options, so an event that only sees a connection
still knows the mode, whether the machinery itself is ending the transaction, and which errors
nobody has undone. It refers to neither session nor request, so it can never keep them alive.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from enum import Enum
from typing import Any
from weakref import WeakSet

from pyramid_retry import IRetryableError
from sqlalchemy import Connection
from zope.interface import alsoProvides

from myapp.db.errors import LifecycleViolation, TransactionPoisoned

OWNER_OPTION = "myapp_owner"
MODE_OPTION = "myapp_mode"
# Set where a person types: the transaction waits for them, and must neither block others nor time out.
INTERACTIVE_OPTION = "myapp_interactive"


class Mode(Enum):
    """What a transaction may do: READ is read-only in the database itself, WRITE may change data."""

    READ = "read"
    WRITE = "write"


@dataclass(slots=True, eq=False)
class Cost:
    """What a session's statements cost; `started` is when the present one began."""

    statements: int = 0
    rows: int = 0
    seconds: float = 0.0
    started: float = 0.0


@dataclass(slots=True, eq=False)
class Owner:
    """The state of one session's transaction, shared by the session and the engine's events."""

    mode: Mode
    # How often the same work was begun before, and met a conflict.
    attempts_before: int = 0
    thread_id: int = field(default_factory=threading.get_ident)
    process_id: int = field(default_factory=os.getpid)
    ended: bool = False
    in_machinery: bool = False
    cost: Cost = field(default_factory=Cost)
    # Every cursor that still lives: a result read by half would hold its snapshot open in the pool.
    cursors: WeakSet[Any] = field(default_factory=WeakSet)
    savepoints: list[str] = field(default_factory=list)
    savepoints_ever: int = 0
    # Each error with the number of savepoints that were open when it happened.
    errors: list[tuple[int, BaseException]] = field(default_factory=list)
    # What a violation said, and not the error, whose traceback would hold the view's frame and the session.
    violation: str | None = None
    # How many transactions had ended on the driver's connection when this one began.
    endings_before: int = 0
    # Whether COMMIT was on its way to the driver, every check before it passed.
    commit_sent: bool = False
    # Whether the driver came back from it, whatever is raised afterwards.
    committed: bool = False

    @contextmanager
    def machinery(self) -> Iterator[None]:
        """Let the calls inside end the transaction: the data manager's, never a view's."""
        before, self.in_machinery = self.in_machinery, True
        try:
            yield
        finally:
            self.in_machinery = before

    def violate(self, message: str) -> LifecycleViolation:
        """Return the error to raise, and remember it: swallowing it must not lead to a commit."""
        self.violation = message
        return LifecycleViolation(message)

    def record_error(self, error: BaseException) -> None:
        """Note a database error; only a rollback to a savepoint opened before it undoes it."""
        self.errors.append((len(self.savepoints), error))

    @property
    def is_inherited(self) -> bool:
        """Whether this is a forked child's copy: the transaction, and the socket, are its parent's."""
        return self.process_id != os.getpid()

    def require_here(self) -> None:
        """Raise in a thread or a process other than the owner's.

        Raises:
            LifecycleViolation: it is another one.
        """
        if self.is_inherited:
            raise self.violate(
                "A session belongs to the process that opened it. Open a unit_of_work() in the forked child."
            )
        if self.thread_id != threading.get_ident():
            raise self.violate(
                "A session belongs to the thread that opened it. Open a unit_of_work() in the other thread."
            )

    def end(self) -> None:
        """Refuse all further use, and let go of the errors: their tracebacks hold the frames of the view."""
        self.ended = True
        self.errors.clear()

    def close_cursors(self) -> None:
        """Close what was not read to its end, before the transaction ends."""
        for cursor in tuple(self.cursors):
            # A cursor of a broken connection cannot be closed, and the connection will not be used again.
            with suppress(Exception):
                cursor.close()

    def savepoint_opened(self) -> None:
        """Note a new innermost savepoint, under the name by which its end will be told."""
        # SQLAlchemy tells the opening before it chooses the name, and then numbers them from 1.
        self.savepoints_ever += 1
        self.savepoints.append(f"sa_savepoint_{self.savepoints_ever}")

    def savepoint_released(self, name: str) -> None:
        """Forget a released savepoint and those inside it; their errors now belong to its parent."""
        depth = self._depth_of(name)
        del self.savepoints[depth:]
        self.errors = [(min(at, depth), error) for at, error in self.errors]

    def savepoint_undone(self, name: str) -> None:
        """Forget the errors that a rollback to `name` undid."""
        depth = self._depth_of(name)
        del self.savepoints[depth:]
        self.errors = [(at, error) for at, error in self.errors if at <= depth]

    def _depth_of(self, name: str) -> int:
        return self.savepoints.index(name) if name in self.savepoints else len(self.savepoints)

    def require_unpoisoned(self) -> None:
        """Raise what forbids a commit: a lifecycle violation, or an error that was swallowed.

        Raises:
            LifecycleViolation: application code tried to end the transaction.
            TransactionPoisoned: a database error was caught, and no savepoint undid it.
        """
        if self.violation is not None:
            raise LifecycleViolation(self.violation)
        if self.errors:
            raise _poisoned_by(self.errors[0][1])


def _poisoned_by(cause: BaseException) -> TransactionPoisoned:
    poisoned = TransactionPoisoned(
        "A database error was swallowed in this transaction, so it cannot be committed. Let the error "
        "propagate, or run the statement that may fail inside `with dbsession.begin_nested():`."
    )
    poisoned.__cause__ = cause
    if IRetryableError.providedBy(cause):
        # A conflict is worth another attempt even if the view, or an exception view, swallowed it.
        alsoProvides(poisoned, IRetryableError)
    return poisoned


def owner_of(connection: Connection | None) -> Owner | None:
    """Return the owner of a connection, or None where no session of ours uses it."""
    if connection is None:
        return None
    owner = connection.get_execution_options().get(OWNER_OPTION)
    return owner if isinstance(owner, Owner) else None


@contextmanager
def machinery_of(connection: Connection) -> Iterator[None]:
    """Let the statements inside be ours, and not the application's."""
    owner = owner_of(connection)
    with nullcontext() if owner is None else owner.machinery():
        yield


def is_interactive(connection: Connection) -> bool:
    """Tell whether a person at a prompt uses the connection."""
    return bool(connection.get_execution_options().get(INTERACTIVE_OPTION, False))


def mode_of(connection: Connection) -> Mode:
    """Return the mode asked of a connection; one that no session of ours uses may write."""
    mode = connection.get_execution_options().get(MODE_OPTION, Mode.WRITE)
    return mode if isinstance(mode, Mode) else Mode.WRITE
