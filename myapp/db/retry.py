"""Another attempt after a conflict: a fresh request, session and snapshot, after a short random wait."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any

from pyramid.config import Configurator
from pyramid_retry import IRetryableError, RetryableException

# The first wait is up to 10 ms, about a transaction's length, and doubles; a second is the most.
_FIRST_WAIT_S = 0.01
_LONGEST_WAIT_S = 1.0


def includeme(config: Configurator) -> None:
    """Wait before each further attempt; pyramid_retry itself has no back-off."""
    # Above the transaction's tween, so that no connection is held while sleeping. A subscriber to
    # IBeforeRetry would do as well, but with the first one Pyramid begins to dispatch every event.
    config.add_tween("myapp.db.retry.tween_factory", over="pyramid_tm.tm_tween_factory")


def tween_factory(handler: Callable[[Any], Any], registry: Any) -> Callable[[Any], Any]:
    """Return the tween that waits."""

    def wait_first(request: Any) -> Any:
        if attempt := request.environ.get("retry.attempt", 0):
            time.sleep(wait_s(attempt - 1))
            _rewind(request)
        return handler(request)

    return wait_first


def _rewind(request: Any) -> None:
    # pyramid_retry rewinds the body once, before the first attempt; a view may have read it to its end since
    # then. What WebOb remembers of a form has files that were read as well.
    request.environ.pop("webob._parsed_post_vars", None)
    request.make_body_seekable()


def is_retryable(error: BaseException) -> bool:
    """Tell whether the error says that the same work may succeed when done again."""
    return isinstance(error, RetryableException) or bool(IRetryableError.providedBy(error))


def wait_s(attempt: int, draw: Callable[[float, float], float] = random.uniform) -> float:
    """Return how long to wait after the attempt with this number (from 0): full jitter, in seconds."""
    return draw(0.0, min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2**attempt))
