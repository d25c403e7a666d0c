"""What requests cost, for operators: how each attempt ended, and which routes take longest.

Counted in memory since the service was started, by all processes that were forked from the one that made the
application; `/metrics` has the same for a scraper.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from pyramid.config import Configurator
from pyramid.events import ApplicationCreated
from pyramid.interfaces import IRoutesMapper

from myapp.db.accounting import Usage, add_observer
from myapp.db.metrics import metrics_of
from myapp.db.shared import SharedNumbers
from myapp.web.page import Context

_TALLY = "myapp.web.tally"
_NO_ROUTE = "no route"
_METHODS = ("GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS")
_OTHER = "other"


@dataclass(frozen=True, slots=True)
class Totals:
    """What the attempts at requests of one route came to; seconds are those in the database."""

    route: str
    attempts: int = 0
    commits: int = 0
    aborts: int = 0
    retries: int = 0
    statements: int = 0
    seconds: float = 0.0
    slowest_s: float = 0.0

    @property
    def mean_s(self) -> float:
        """Return the seconds of an average attempt."""
        return self.seconds / self.attempts if self.attempts else 0.0


_COUNTS = ("attempts", "commits", "aborts", "retries", "statements")
_SECONDS = ("seconds", "slowest_s")


class Tally:
    """The totals by route; the threads and processes of a server write to them one after another."""

    def __init__(self, patterns: Collection[str]) -> None:
        by_method = (f"{method} {pattern}" for pattern, method in product(patterns, (*_METHODS, _OTHER)))
        self._routes = [_NO_ROUTE, *by_method]
        self._numbers = SharedNumbers(product(self._routes, (*_COUNTS, *_SECONDS)))

    def observe(self, request: Any, used: Usage, status: int | None) -> None:
        """Count one attempt."""
        route = getattr(request, "matched_route", None)
        # By route and never by address: there are a few dozen of the one, and no end of the other.
        name = _NO_ROUTE if route is None else f"{_method(request)} {route.pattern}"
        was_kept = status is not None and status < 400
        with self._numbers.lock:
            self._add(name, "attempts", 1)
            self._add(name, "commits", used.mode == "write" and was_kept)
            self._add(name, "aborts", used.mode != "none" and not was_kept)
            self._add(name, "retries", used.attempt > 1)
            self._add(name, "statements", used.statements)
            self._add(name, "seconds", used.seconds)
            self._numbers[name, "slowest_s"] = max(self._numbers[name, "slowest_s"], used.seconds)

    def totals(self) -> list[Totals]:
        """Return the totals of each route that was asked for, the one that took longest on average first."""
        numbers = self._numbers.copy()
        found = [_totals(name, numbers) for name in self._routes if numbers[name, "attempts"]]
        return sorted(found, key=lambda each: each.mean_s, reverse=True)

    def _add(self, route: str, figure: str, more: float) -> None:
        if more:
            self._numbers[route, figure] += more


def _totals(route: str, numbers: Mapping[tuple[str, str], float]) -> Totals:
    return Totals(
        route,
        *(int(numbers[route, figure]) for figure in _COUNTS),
        *(numbers[route, figure] for figure in _SECONDS),
    )


def _method(request: Any) -> str:
    # Whatever a client calls its method, the number of routes stays small.
    return request.method if request.method in _METHODS else _OTHER


def includeme(config: Configurator) -> None:
    """Count every attempt, once it is known which routes there are."""

    def begin(event: Any) -> None:
        routes = config.registry.getUtility(IRoutesMapper).get_routes(include_static=True)
        tally = Tally({route.pattern for route in routes})
        config.registry[_TALLY] = tally
        add_observer(config, tally.observe)

    config.add_subscriber(begin, ApplicationCreated)


def show(request: Any) -> Context:
    """Show the totals, and how many connections are in use."""
    by_route = request.registry[_TALLY].totals()
    sums = {
        name: sum(getattr(each, name) for each in by_route)
        for name in ("attempts", "commits", "aborts", "retries", "statements", "seconds")
    }
    metrics = metrics_of(request.registry)
    in_use, connections = metrics.connections() if metrics else (0, 0)
    return {"by_route": by_route, "sums": sums, "pool_in_use": in_use, "pool_size": connections}
