"""An exception view may word a failed ending, but it cannot turn it into a success.

pyramid_tm asks the exception views about an error of COMMIT or ROLLBACK, and sends what they answer. A
view that answers 200 to every error would tell the client of a change that was never made. Nor may a later
attempt at a request deny a change that an earlier one, whose COMMIT was cut off, may have made.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPNotFound
from pyramid_retry import is_error_retryable

from myapp.db.doubt import is_in_doubt
from myapp.db.errors import CommitOutcomeUnknown


def includeme(config: Configurator) -> None:
    """Look at every response just above the transaction's tween."""
    config.add_tween(
        "myapp.db.truth.tween_factory",
        over="pyramid_tm.tm_tween_factory",
        under="myapp.db.accounting.tween_factory",
    )


def tween_factory(handler: Callable[[Any], Any], registry: Any) -> Callable[[Any], Any]:
    """Return the tween that replaces a false success by an error, and a false denial by doubt."""

    def require_truth(request: Any) -> Any:
        # The one that it begins with: a view may put another in its place.
        manager = request.tm
        try:
            response = handler(request)
        except Exception as error:
            if _is_a_false_denial(request, error):
                return _say_unknown(request, error)
            raise
        if manager.ending_failed and response.status_int < 400:
            raise request.exception
        if response.status_int >= 400 and _is_a_false_denial(request, request.exception):
            return _say_unknown(request, request.exception)
        return response

    return require_truth


def _is_a_false_denial(request: Any, error: Exception | None) -> bool:
    # A failure says that nothing was changed, but an attempt whose COMMIT was cut off may have changed it.
    if not is_in_doubt(request) or isinstance(error, CommitOutcomeUnknown):
        return False
    return error is None or not is_error_retryable(request, error)


def _say_unknown(request: Any, cause: Exception | None) -> Any:
    error = CommitOutcomeUnknown(
        "An earlier attempt at this request lost the connection during COMMIT, and no later one could find "
        "out whether it is durable."
    )
    error.__cause__ = cause
    return answer_for(request, error)


def answer_for(request: Any, error: Exception) -> Any:
    """Return what the application's exception view answers to an error that no view raised.

    Raises:
        Exception: the error itself, where no exception view is for it.
    """
    try:
        return request.invoke_exception_view((type(error), error, error.__traceback__))
    except HTTPNotFound:
        raise error from error.__cause__
