"""The request's contract for scripts and workers: commit at the end, abort on any error, again when asked."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from types import TracebackType
from typing import TypeVar

from sqlalchemy import Engine
from transaction import TransactionManager

from myapp.db.engine import make_engine
from myapp.db.joining import join
from myapp.db.owner import Mode
from myapp.db.retry import is_retryable, wait_s
from myapp.db.session import OwnedSession, SessionFactory
from myapp.db.settings import unhurried

Result = TypeVar("Result")


class UnitOfWork(AbstractContextManager[OwnedSession]):
    """One transaction: `with` yields its session, `run` calls a function with it, again after a conflict."""

    def __init__(self, factory: SessionFactory, mode: Mode) -> None:
        self._factory = factory
        self._mode = mode
        self._attempt: AbstractContextManager[OwnedSession] | None = None
        self._attempts_before = 0

    def __enter__(self) -> OwnedSession:
        if self._attempt is not None:
            raise RuntimeError("This unit of work is open already; make another one.")
        attempt = _attempt(self._factory, self._mode, self._attempts_before)
        session = attempt.__enter__()
        self._attempt = attempt
        return session

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        attempt, self._attempt = self._attempt, None
        self._attempts_before = 0
        if attempt is not None:
            attempt.__exit__(kind, error, traceback)

    def run(self, work: Callable[[OwnedSession], Result], *, attempts: int = 5) -> Result:
        """Return `work(session)` once it is committed; after a conflict call it again, in a new transaction.

        Between two attempts no connection is held. A lost COMMIT is not repeated: it may have been applied.

        Raises:
            LifecycleError: the work tried to end the transaction, or swallowed a database error.
            Exception: whatever the work raises, and the conflict of the last of all `attempts`.
        """
        for attempt in range(attempts - 1):
            try:
                return self._run_once(work, attempt)
            except Exception as error:
                if not is_retryable(error):
                    raise
            time.sleep(wait_s(attempt))
        return self._run_once(work, attempts - 1)

    def _run_once(self, work: Callable[[OwnedSession], Result], attempts_before: int) -> Result:
        self._attempts_before = attempts_before
        with self as session:
            return work(session)


def unit_of_work(factory: SessionFactory, *, mode: Mode = Mode.WRITE) -> UnitOfWork:
    """Return a unit of work; `with` commits it when the block ends, and aborts it when the block raises.

    Raises, when the block ends:
        LifecycleError: the block tried to end the transaction, or swallowed a database error.
    """
    return UnitOfWork(factory, mode)


@contextmanager
def throwaway(url: str, *, mode: Mode = Mode.WRITE) -> Iterator[OwnedSession]:
    """Yield a session of an engine made for this block alone: `unit_of_work` for a one-off script.

    The script may have the time that a request has not.
    """
    engine: Engine = make_engine(unhurried(url))
    try:
        with unit_of_work(SessionFactory(engine), mode=mode) as session:
            yield session
    finally:
        engine.dispose()


@contextmanager
def _attempt(factory: SessionFactory, mode: Mode, attempts_before: int) -> Iterator[OwnedSession]:
    manager = TransactionManager(explicit=True)
    manager.begin()
    try:
        session = factory(mode, attempts_before=attempts_before)
        join(session, manager)
        yield session
        manager.commit()
    finally:
        # After a commit this finds nothing; after anything else, a BaseException and a failed
        # commit included, it gives the connection back.
        if manager._txn is not None:
            manager.abort()
