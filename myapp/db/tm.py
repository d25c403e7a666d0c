"""`request.tm`: an explicit transaction manager that only pyramid_tm's tween may end.

The tween takes its mark out of the environ just before it commits or aborts, so a call that arrives
while the mark is there comes from application code.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Never

from pyramid.request import Request
from transaction import Transaction, TransactionManager
from transaction._manager import _new_transaction

from myapp.db.doubt import forget_doubt, note_doubt
from myapp.db.errors import CommitOutcomeUnknown, LifecycleViolation

_REMEDY = (
    "request.tm.{name}() is not for application code: the transaction ends when the request does. Return a "
    "2xx or 3xx response to commit, a 4xx or 5xx (or raise) to abort; for a dry run undo a savepoint, "
    "dbsession.begin_nested()."
)


class RequestTransaction(Transaction):  # type: ignore[misc]
    """What `request.tm.get()` returns: to annotate and to hang hooks on, not to end."""

    def commit(self) -> None:
        """Commit, for the tween alone."""
        self._manager.refuse_application("get().commit")
        super().commit()

    def abort(self) -> None:
        """Abort, for the tween alone."""
        self._manager.refuse_application("get().abort")
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
        self._has_session = False
        # The words and not the error, whose traceback would hold the view's frame and with it the request.
        self._violation: str | None = None
        self.ending_failed = False

    @property
    def is_open(self) -> bool:
        """Whether the transaction has begun and not ended."""
        return self._txn is not None

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
        self.refuse_application("commit")
        try:
            with self._ending():
                self._require_no_violation()
                super().commit()
        except CommitOutcomeUnknown as error:
            if (request := self._request()) is not None:
                note_doubt(request, error)
            raise
        if (request := self._request()) is not None:
            forget_doubt(request)

    def abort(self) -> None:
        """Abort, for the tween alone."""
        self.refuse_application("abort")
        with self._ending():
            super().abort()

    def free(self, txn: Transaction) -> None:
        """Let the ended transaction go, for the transaction itself alone."""
        self.refuse_application("free")
        super().free(txn)

    def doom(self) -> Never:
        """Refuse: a doomed 200 would say that a change is durable when it is not."""
        raise self.violate("doom")

    def savepoint(self, optimistic: bool = False) -> Never:  # noqa: FBT001, FBT002 - the library's signature
        """Refuse: on SQLite it would raise another error; `begin_nested()` serves both databases."""
        raise self.violate("savepoint")

    def admit_session(self) -> None:
        """Let the request have its one session.

        Raises:
            LifecycleViolation: it has one already; two would be committed one after the other, not together.
        """
        if self._has_session:
            raise self.remember("A request has one dbsession: deleting it cannot give it another.")
        self._has_session = True

    @contextmanager
    def _ending(self) -> Iterator[None]:
        # A flag and not the error, whose traceback would hold this manager and its session in a cycle.
        try:
            yield
        except BaseException:
            self.ending_failed = True
            raise

    def refuse_application(self, name: str) -> None:
        """Raise if the call that arrives is application code's."""
        request = self._request()
        if request is not None and "tm.active" in request.environ:
            raise self.violate(name)

    def violate(self, name: str) -> LifecycleViolation:
        """Return the error to raise, and remember it: swallowing it must not lead to a commit."""
        return self.remember(_REMEDY.format(name=name))

    def remember(self, message: str) -> LifecycleViolation:
        """Return the error with this message, and let it forbid the commit."""
        if self.is_open:
            self._violation = message
        return LifecycleViolation(message)

    def _require_no_violation(self) -> None:
        if self._violation is not None:
            raise LifecycleViolation(self._violation)


def make_manager(request: Request) -> TransactionManager:
    """Return the manager of one request attempt: pyramid_tm's `tm.manager_hook`."""
    return RequestTransactionManager(request)


def veto_by_status(request: Request, response: Any) -> bool:
    """Tell whether to abort: pyramid_tm's `tm.commit_veto`. 2xx and 3xx commit, whatever made them."""
    return bool(response.status_int >= 400)
