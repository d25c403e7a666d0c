"""Tie a session to a transaction manager, with zope.sqlalchemy's data manager.

Two things differ from the stock recipe, and each loses data there. A writing session joins as
*changed* at its creation, because zope.sqlalchemy cannot see Core statements and would roll them back
under a 200. And the data manager asks for poison before it commits, reads included.
"""

from __future__ import annotations

import logging
from typing import Any

from sqlalchemy.exc import DBAPIError
from transaction import TransactionManager
from zope.sqlalchemy.datamanager import STATUS_ACTIVE, STATUS_CHANGED, SessionDataManager

from myapp.db.errors import CommitOutcomeUnknown
from myapp.db.owner import Mode
from myapp.db.retry import is_retryable
from myapp.db.session import OwnedSession

log = logging.getLogger(__name__)

_UNKNOWN = "The connection to the database was lost during COMMIT: durable or not, nobody can tell."


class OwnedDataManager(SessionDataManager):  # type: ignore[misc]
    """zope.sqlalchemy's one-phase data manager, speaking for the machinery of an owned session."""

    def __init__(self, session: OwnedSession, manager: TransactionManager) -> None:
        self.owner = session.owner
        status = STATUS_CHANGED if self.owner.mode is Mode.WRITE else STATUS_ACTIVE
        with self.owner.machinery():
            super().__init__(session, status, manager)

    def tpc_begin(self, trans: Any) -> None:
        """Send what is pending; refuse to go on if an error was swallowed, before or now."""
        if self.owner.is_inherited:
            raise self.owner.violate("A forked child cannot commit its parent's transaction.")
        # A session whose flush failed refuses another one, and that refusal would hide what went wrong first.
        self._record_failed_flush()
        self.owner.require_unpoisoned()
        self.session.flush()
        self.owner.require_unpoisoned()

    def _record_failed_flush(self) -> None:
        # A flush connects by a door of its own, so a failure to connect may have been recorded nowhere.
        if not self.session.is_active and (cause := self.tx._rollback_exception) is not None:
            self.owner.record_error(cause)

    def tpc_vote(self, trans: Any) -> None:
        """Commit: the last data manager to vote is the one that decides.

        Raises:
            CommitOutcomeUnknown: the connection was lost on the way.
        """
        try:
            if self.tx is not None:
                # What listens before COMMIT is the application's, and may do no more than a view may.
                self.tx._prepare_impl()
            self.owner.close_cursors()
            with self.owner.machinery():
                super().tpc_vote(trans)
        except Exception as error:
            if not self.owner.committed:
                if self._is_in_doubt(error):
                    raise CommitOutcomeUnknown(_UNKNOWN) from error
                raise
            # An event of the application's that runs after COMMIT cannot take it back, and must not seem to.
            log.exception("An error after COMMIT; the change is durable.")
            if self.tx is not None:
                self._finish("committed")

    def _is_in_doubt(self, error: Exception) -> bool:
        # The driver's word that COMMIT failed is definite. Anything else that came while it was in flight
        # is not: a lost connection, or what the handler of a signal raised.
        told = isinstance(error, DBAPIError) and not error.connection_invalidated
        return self.owner.commit_sent and not told

    def sortKey(self) -> str:  # noqa: N802 - the interface's name
        """Vote last of all, because the vote is the COMMIT."""
        return f"\U0010ffff{super().sortKey()}"

    def should_retry(self, error: Exception) -> bool:
        """Leave it to the mark that the error got at its source; the library's own list is wider."""
        return is_retryable(error)

    def _finish(self, final_state: str) -> None:
        if self.owner.is_inherited:
            self._abandon(final_state)
            return
        transaction = self.tx
        try:
            self.owner.close_cursors()
            # An event of the application's that hears of the end must not begin anew, nor commit with us.
            self.owner.ended = True
            with self.owner.machinery():
                super()._finish(final_state)
        except BaseException:
            # A ROLLBACK that fails while the session closes would keep the connection out of the pool. The
            # session has let go of its transaction by then, and the transaction not of its connection.
            with self.owner.machinery():
                transaction.close(invalidate=True)
            raise
        finally:
            self.owner.end()

    def _abandon(self, final_state: str) -> None:
        # A ROLLBACK of a forked child's would reach the server over its parent's socket, and undo what the
        # parent goes on to commit. Collecting it would send one as well, so it is kept until the child ends.
        _ABANDONED.append(self)
        self.state = final_state
        self.owner.end()


_ABANDONED: list[OwnedDataManager] = []


def join(session: OwnedSession, manager: TransactionManager) -> None:
    """Join the session to the manager's current transaction; no I/O happens yet.

    Raises:
        transaction.interfaces.NoTransaction: the manager has not begun.
    """
    OwnedDataManager(session, manager)
