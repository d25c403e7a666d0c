"""How many requests a caller may send: so many a second, and so many at once before that.

Counted in memory by each process for itself, so with several processes a caller may send that many to each.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock
from typing import Any

from pyramid.config import Configurator

from myapp.http.errors import RateLimited

# More callers than that are forgotten as soon as they have nothing to wait for.
_CALLERS_MAX = 10_000
_ALLOWANCE = "myapp.http.allowance"


class Allowance:
    """The generic cell rate algorithm (ITU-T I.371): one time for each caller, and no timer."""

    def __init__(self, per_second: int, at_once: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._interval_s = 1 / per_second
        # How far a caller may be ahead of one request in every interval.
        self._ahead_s = (at_once - 1) * self._interval_s
        self._clock = clock
        self._lock = Lock()
        self._due: dict[str, float] = {}

    def wait_s(self, caller: str) -> float:
        """Count a request and return 0; or return the seconds after which it would be counted."""
        with self._lock:
            now = self._clock()
            due = max(self._due.get(caller, now), now)
            if due - now > self._ahead_s:
                return due - now - self._ahead_s
            self._forget(now)
            self._due[caller] = due + self._interval_s
            return 0.0

    def _forget(self, now: float) -> None:
        if len(self._due) >= _CALLERS_MAX:
            self._due = {caller: due for caller, due in self._due.items() if due > now}


def includeme(config: Configurator) -> None:
    """Limit callers if the settings say so."""
    settings = config.registry["settings"]
    if settings.requests_per_second:
        config.registry[_ALLOWANCE] = Allowance(settings.requests_per_second, settings.requests_at_once)


def require_allowance(request: Any) -> None:
    """Count a request of somebody with a key.

    Raises:
        RateLimited: there are too many; `retry_after_s` says when one more would be taken.
    """
    allowance: Allowance | None = request.registry.get(_ALLOWANCE)
    if allowance is None or request.identity is None:
        return
    if wait_s := allowance.wait_s(request.identity.actor):
        raise RateLimited("This key sends too many requests.", retry_after_s=wait_s)
