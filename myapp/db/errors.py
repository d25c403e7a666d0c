"""The errors of the request session: each says what happened and what to do instead."""

from pyramid_retry import IRetryableError
from zope.interface import implementer


class LifecycleError(Exception):
    """Any breach of the contract between a request and its session."""


class LifecycleViolation(LifecycleError):
    """Application code tried to end, replace or close the transaction it was given."""


class SessionUnavailable(LifecycleError):
    """The session was used where no transaction is open: before, after or outside the request."""


class TransactionPoisoned(LifecycleError):
    """A database error was swallowed, so the transaction cannot be committed any more."""


class CommitOutcomeUnknown(LifecycleError):
    """The connection was lost while COMMIT was in flight: durable or not, nobody can tell."""


@implementer(IRetryableError)
class ConcurrencyConflict(Exception):
    """Another transaction got in between: the same request, begun anew, may succeed."""
