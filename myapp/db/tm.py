"""`request.tm`: an explicit transaction manager that only pyramid_tm's tween may end.

The tween takes its mark out of the environ just before it commits or aborts, so a call that arrives
while the mark is there comes from application code.
"""

from __future__ import annotations

import logging
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Never

from pyramid.request import Request
from pyramid_retry import is_error_retryable
from transaction import Transaction, TransactionManager
from transaction._manager import _new_transaction
from transaction._transaction import Status

from myapp.db.doubt import forget_doubt, note_doubt
from myapp.db.errors import CommitOutcomeUnknown, LifecycleViolation
from myapp.db.mode import mode_for
from myapp.db.owner import Mode, Owner

log = logging.getLogger(__name__)

_REMEDY = (
    "request.tm.{name}() is not for application code: the transaction ends when the request does. Return a "
    "2xx or 3xx response to commit, a 4xx or 5xx (or raise) to abort; for a dry run undo a savepoint, "
    "dbsession.begin_nested()."
)


class RequestTransaction(Transaction):  # type: ignore[misc]
    """What `request.tm.get()` returns: to annotate and to hang hooks on, not to end."""

    def commit(self) -> None:
        """Commit, for the manager alone."""
        self._manager.require_ending("commit", "get().commit")
        super().commit()

    def abort(self) -> None:
        """Abort, for the manager alone."""
        self._manager.require_ending("abort", "get().abort")
        super().abort()

    def doom(self) -> Never:
        """Refuse: a doomed 200 would say that a change is durable when it is not."""
        raise self._manager.violate("get().doom")

    def savepoint(self, optimistic: bool = False) -> Never:  # noqa: FBT001, FBT002 - the library's signature
        """Refuse: on SQLite it would raise another error; `begin_nested()` serves both databases."""
        raise self._manager.violate("get().savepoint")


class RequestTransactionManager(TransactionManager):  # type: ignore[misc]
    """One request attempt's manager: begun once and ended once, both by the tween."""

    def __init__(self, request: Request) -> None:
        super().__init__(explicit=True)
        # Weak, because the request holds the manager: a cycle would keep the session alive.
        self._request = weakref.ref(request)
        self._begun = False
        # Of the request's one session; None until it is opened.
        self.owner: Owner | None = None
        self._ends: str | None = None
        # The words and not the error, whose traceback would hold the view's frame and with it the request.
        self._violation: str | None = None
        self.ending_failed = False

    @property
    def is_open(self) -> bool:
        """Whether the transaction has begun and not ended."""
        return self._txn is not None

    @property
    def has_committed(self) -> bool:
        """Whether the request's change is durable, whatever happens now."""
        return self.owner is not None and self.owner.committed

    @property
    def is_active(self) -> bool:
        """Whether a session may still join: the transaction is open, and its end has not begun."""
        return self._txn is not None and bool(self._txn.status == Status.ACTIVE)

    def begin(self) -> RequestTransaction:
        """Begin the request's only transaction."""
        if self._begun:
            raise self.violate("begin")
        self._begun = True
        self._txn = RequestTransaction(self._synchs, self)
        _new_transaction(self._txn, self._synchs)
        return self._txn

    def commit(self) -> None:
        """Commit, for the tween alone.

        Raises:
            LifecycleViolation: application code tried to end the transaction, now or before.
        """
        self._refuse_application("commit")
        try:
            with self._ending("commit"):
                self._require_no_violation()
                self._commit()
        except CommitOutcomeUnknown as error:
            if (request := self._request()) is not None:
                note_doubt(request, error)
            raise
        if (request := self._request()) is not None:
            forget_doubt(request)
            if self.has_committed:
                # What is raised after the COMMIT, by a callback or an upper tween, must not have it repeated.
                request.environ["retry.attempts"] = request.environ.get("retry.attempt", 0) + 1

    def _commit(self) -> None:
        try:
            super().commit()
        except Exception:
            if not self.has_committed:
                raise
            # Synchronizers and other data managers come after the COMMIT, which they cannot take back.
            log.exception("An error after COMMIT; the change is durable.")
            with suppress(Exception):
                self._txn._callAfterCommitHooks(status=True)
            self._ends = "abort"
            with suppress(Exception):
                # Whatever else was joined is told to let go; our own part has nothing left to undo.
                super().abort()

    def abort(self) -> None:
        """Abort, for the tween alone."""
        self._refuse_application("abort")
        with self._ending("abort"):
            super().abort()

    def free(self, txn: Transaction) -> None:
        """Let the ended transaction go, for the transaction itself alone."""
        self._refuse_application("free")
        super().free(txn)

    def doom(self) -> Never:
        """Refuse: a doomed 200 would say that a change is durable when it is not."""
        raise self.violate("doom")

    def savepoint(self, optimistic: bool = False) -> Never:  # noqa: FBT001, FBT002 - the library's signature
        """Refuse: on SQLite it would raise another error; `begin_nested()` serves both databases."""
        raise self.violate("savepoint")

    def require_no_session(self) -> None:
        """Let the request have its one session.

        Raises:
            LifecycleViolation: it has one already; two would be committed one after the other, not together.
        """
        if self.owner is not None:
            raise self.remember("A request has one dbsession: deleting it cannot give it another.")

    def belongs_to(self, request: Request) -> bool:
        """Tell whether this is the request's own manager, and not one whose environment it was given."""
        return self._request() is request

    @contextmanager
    def _ending(self, how: str) -> Iterator[None]:
        # A flag and not the error, whose traceback would hold this manager and its session in a cycle.
        self._ends = how
        try:
            yield
        except BaseException:
            self.ending_failed = True
            raise
        finally:
            self._ends = None

    def require_ending(self, how: str, name: str) -> None:
        """Raise unless the manager itself is ending the transaction in this way."""
        if self._ends != how:
            raise self.violate(name)

    def _refuse_application(self, name: str) -> None:
        # The tween takes its mark away before it ends the transaction, and the application's hooks run then.
        request = self._request()
        hooked = self._ends is not None and name != "free"
        if hooked or (request is not None and "tm.active" in request.environ):
            raise self.violate(name)

    def violate(self, name: str) -> LifecycleViolation:
        """Return the error to raise, and remember it: swallowing it must not lead to a commit."""
        return self.remember(_REMEDY.format(name=name))

    def remember(self, message: str) -> LifecycleViolation:
        """Return the error with this message, and let it forbid the commit."""
        if self.is_open:
            self._violation = message
            if self.owner is not None:
                # The owner is asked last, after whatever the application's own hooks did before COMMIT.
                self.owner.violation = message
        return LifecycleViolation(message)

    def _require_no_violation(self) -> None:
        if self._violation is not None:
            raise LifecycleViolation(self._violation)


def make_manager(request: Request) -> TransactionManager:
    """Return the manager of one request attempt: pyramid_tm's `tm.manager_hook`."""
    return RequestTransactionManager(request)


def veto_by_status(request: Request, response: Any) -> bool:
    """Tell whether to abort: pyramid_tm's `tm.commit_veto`. 2xx and 3xx commit, whatever made them.

    An attempt that another one follows aborts, even if an exception view has answered for its error.
    """
    if mode_for(request) is Mode.WRITE:
        # It would be decided after the commit: the 412 or 416 of a change that was kept.
        response.conditional_response = False
    error = getattr(request, "exception", None)
    return bool(response.status_int >= 400) or (error is not None and is_error_retryable(request, error))
