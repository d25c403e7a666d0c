"""Undo a part: a dry run, or a step that may be refused without losing the rest."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy.orm import Session

from myapp.ledger.errors import LedgerError


@contextmanager
def savepoint(session: Session, *, keep: bool = True) -> Iterator[None]:
    """Run the block in a savepoint; undo it when it raises, and at its end when it is not to be kept."""
    nested = session.begin_nested()
    try:
        yield
        if keep:
            nested.commit()
    except LedgerError:
        # The books refused, and whoever goes on without what they refused must know that it is undone.
        nested.rollback()
        raise
    except BaseException:
        # What went with its transaction cannot be undone, and saying so would hide why it went.
        with suppress(Exception):
            nested.rollback()
        raise
    if not keep:
        nested.rollback()
