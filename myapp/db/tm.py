"""`request.tm`: an explicit transaction manager that only pyramid_tm's tween may end.

The tween takes its mark out of the environ just before it commits or aborts, so a call that arrives
while the mark is there comes from application code.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pyramid.request import Request
from pyramid_retry import IRetryableError
from transaction import TransactionManager
from zope.interface import alsoProvides

from myapp.db.errors import CommitOutcomeUnknown, LifecycleViolation
from myapp.db.session import OwnedSession

_REMEDY = (
    "request.tm.{name}() is not for application code: the transaction ends when the request does. Return a "
    "2xx or 3xx response to commit, a 4xx or 5xx (or raise) to abort; for a dry run undo a savepoint, "
    "dbsession.begin_nested()."
)

_REPEATABLE = "myapp.db.repeatable"


class RequestTransactionManager(TransactionManager):  # type: ignore[misc]
    """One request attempt's manager: begun once and ended once, both by the tween."""

    def __init__(self, request: Request) -> None:
        super().__init__(explicit=True)
        # Weak, because the request holds the manager: a cycle would keep the session alive.
        self._request = weakref.ref(request)
        self._begun = False
        self.ending_failed = False

    def begin(self) -> Any:
        """Begin the request's only transaction."""
        if self._begun:
            raise self._violate("begin")
        self._begun = True
        return super().begin()

    def commit(self) -> Any:
        """Commit, for the tween alone."""
        self._refuse_while_active("commit")
        try:
            with self._ending():
                return super().commit()
        except CommitOutcomeUnknown as error:
            request = self._request()
            if request is not None and request.environ.get(_REPEATABLE):
                alsoProvides(error, IRetryableError)
            raise

    def abort(self) -> Any:
        """Abort, for the tween alone."""
        self._refuse_while_active("abort")
        with self._ending():
            return super().abort()

    def doom(self) -> Any:
        """Refuse: a doomed 200 would say that a change is durable when it is not."""
        raise self._violate("doom")

    @contextmanager
    def _ending(self) -> Iterator[None]:
        # A flag and not the error, whose traceback would hold this manager and its session in a cycle.
        try:
            yield
        except BaseException:
            self.ending_failed = True
            raise

    def _refuse_while_active(self, name: str) -> None:
        request = self._request()
        if request is not None and "tm.active" in request.environ:
            raise self._violate(name)

    def _violate(self, name: str) -> LifecycleViolation:
        request = self._request()
        message = _REMEDY.format(name=name)
        if request is not None and self._txn is not None:
            # Swallowing the error must not lead to a commit, so the session has to know of it.
            session: OwnedSession = request.dbsession
            return session.owner.violate(message)
        return LifecycleViolation(message)


def mark_repeatable(request: Request) -> None:
    """Say that the request may safely be repeated although it may have committed: it has an idempotency key.

    Without it a request whose COMMIT was cut off is never repeated, lest it be applied twice.
    """
    request.environ[_REPEATABLE] = True


def make_manager(request: Request) -> TransactionManager:
    """Return the manager of one request attempt: pyramid_tm's `tm.manager_hook`."""
    return RequestTransactionManager(request)


def veto_by_status(request: Request, response: Any) -> bool:
    """Tell whether to abort: pyramid_tm's `tm.commit_veto`. 2xx and 3xx commit, whatever made them."""
    return bool(response.status_int >= 400)
