"""Another attempt after a conflict: a fresh request, session and snapshot, after a short random wait."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any

from pyramid.config import Configurator
from pyramid_retry import IBeforeRetry, IRetryableError, RetryableException

# The first wait is up to 10 ms, about a transaction's length, and doubles; a second is the most.
_FIRST_WAIT_S = 0.01
_LONGEST_WAIT_S = 1.0


def includeme(config: Configurator) -> None:
    """Wait before each retry; pyramid_retry itself has no back-off."""
    config.add_subscriber(_wait, IBeforeRetry)


def is_retryable(error: BaseException) -> bool:
    """Tell whether the error says that the same work may succeed when done again."""
    return isinstance(error, RetryableException) or bool(IRetryableError.providedBy(error))


def wait_s(attempt: int, draw: Callable[[float, float], float] = random.uniform) -> float:
    """Return how long to wait after the attempt with this number (from 0): full jitter, in seconds."""
    return draw(0.0, min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2**attempt))


def _wait(event: Any) -> None:
    # The event fires after the transaction ended, so no connection is held while sleeping.
    time.sleep(wait_s(event.environ["retry.attempt"]))
