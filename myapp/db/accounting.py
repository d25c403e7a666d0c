"""What a request cost in the database: statements, rows, seconds, attempts, and in which mode.

As `usage(request)` for metrics, as a log record, and with `db.report_header` as a response header for
development: `X-DB: write; 4 statements; 3.1 ms; attempt 1`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pyramid.config import Configurator

from myapp.db.owner import Cost

log = logging.getLogger(__name__)

HEADER = "X-DB"
_OBSERVERS = "myapp.db.observers"


@dataclass(frozen=True, slots=True)
class Usage:
    """What one request cost; `mode` is read, write, or none where the session was never opened."""

    mode: str
    statements: int
    rows: int
    seconds: float
    attempt: int

    def __str__(self) -> str:
        milliseconds = f"{self.seconds * 1000:.1f} ms"
        return f"{self.mode}; {self.statements} statements; {milliseconds}; attempt {self.attempt}"


Observer = Callable[[Any, Usage, int | None], None]


def usage(request: Any) -> Usage:
    """Return what the request has cost so far, in its present attempt."""
    attempt = request.environ.get("retry.attempt", 0) + 1
    session = request.__dict__.get("dbsession")
    if session is None:
        return Usage("none", 0, 0, 0.0, attempt)
    cost: Cost = session.owner.cost
    return Usage(session.owner.mode.value, cost.statements, cost.rows, cost.seconds, attempt)


def includeme(config: Configurator) -> None:
    """Report each attempt, above the transaction's tween, so that COMMIT has happened."""
    config.registry[_OBSERVERS] = []
    config.add_tween("myapp.db.accounting.tween_factory", over="pyramid_tm.tm_tween_factory")


def add_observer(config: Configurator, observe: Observer) -> None:
    """Call `observe(request, usage, status)` after each attempt; status None: an exception left it."""
    config.registry[_OBSERVERS].append(observe)


def tween_factory(handler: Callable[[Any], Any], registry: Any) -> Callable[[Any], Any]:
    """Return the tween that reports."""
    in_header = registry["db.settings"].report_header
    observers: list[Observer] = registry[_OBSERVERS]

    def report(request: Any) -> Any:
        status = None
        try:
            response = handler(request)
            status = response.status_int
        finally:
            used = usage(request)
            log.debug("%s %s: %s", request.method, request.environ.get("PATH_INFO", ""), used)
            for observe in observers:
                observe(request, used, status)
        if in_header:
            response.headers[HEADER] = str(used)
        return response

    return report
