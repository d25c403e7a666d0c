"""A COMMIT whose connection was lost: may the request be repeated, and is it known what became of it?

What is noted lies in the WSGI environment, where the next attempt's request finds it.
"""

from __future__ import annotations

from pyramid.request import Request
from pyramid_retry import IRetryableError
from zope.interface import alsoProvides

from myapp.db.errors import CommitOutcomeUnknown

_REPEATABLE = "myapp.db.repeatable"
_IN_DOUBT = "myapp.db.in_doubt"


def mark_repeatable(request: Request) -> None:
    """Say that the request may safely be repeated although it may have committed: it has an idempotency key.

    Without it a request whose COMMIT was cut off is never repeated, lest it be applied twice.
    """
    request.environ[_REPEATABLE] = True


def note_doubt(request: Request, error: CommitOutcomeUnknown) -> None:
    """Let a repeatable request be tried again, and remember what its earlier attempt may have done."""
    if request.environ.get(_REPEATABLE):
        request.environ[_IN_DOUBT] = True
        alsoProvides(error, IRetryableError)


def forget_doubt(request: Request) -> None:
    """An attempt committed: it has seen what an earlier one did, and its answer says so."""
    request.environ.pop(_IN_DOUBT, None)


def is_in_doubt(request: Request) -> bool:
    """Tell whether an earlier attempt at the request may have committed, and none has found out since."""
    return _IN_DOUBT in request.environ
