"""The request's contract for scripts and workers: commit at the end, abort on any error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine
from transaction import TransactionManager

from myapp.db.engine import make_engine
from myapp.db.joining import join
from myapp.db.owner import Mode
from myapp.db.session import OwnedSession, SessionFactory
from myapp.db.settings import DbSettings


@contextmanager
def unit_of_work(factory: SessionFactory, *, mode: Mode = Mode.WRITE) -> Iterator[OwnedSession]:
    """Yield a session; commit when the block ends, abort when it raises.

    Raises:
        LifecycleError: the block tried to end the transaction, or swallowed a database error.
    """
    manager = TransactionManager(explicit=True)
    manager.begin()
    try:
        session = factory(mode)
        join(session, manager)
        yield session
        manager.commit()
    finally:
        # After a commit this finds nothing; after anything else, a BaseException and a failed
        # commit included, it gives the connection back.
        if manager._txn is not None:
            manager.abort()


@contextmanager
def throwaway(url: str, *, mode: Mode = Mode.WRITE) -> Iterator[OwnedSession]:
    """Yield a session of an engine made for this block alone: `unit_of_work` for a one-off script."""
    engine: Engine = make_engine(DbSettings(engine_options={"url": url}))
    try:
        with unit_of_work(SessionFactory(engine), mode=mode) as session:
            yield session
    finally:
        engine.dispose()
