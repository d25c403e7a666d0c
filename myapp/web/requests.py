"""What requests cost, for operators: how each attempt ended, and which routes take longest.

Counted in memory, by this process, since it started; `/metrics` has what a scraper adds up over processes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from threading import Lock
from typing import Any

from pyramid.config import Configurator

from myapp.db.accounting import Usage, add_observer
from myapp.web.page import Context

_TALLY = "myapp.web.tally"


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

    def with_attempt(self, used: Usage, status: int | None) -> Totals:
        """Return the totals with one more attempt; a status of None is an exception that left it."""
        was_kept = status is not None and status < 400
        return replace(
            self,
            attempts=self.attempts + 1,
            commits=self.commits + (used.mode == "write" and was_kept),
            aborts=self.aborts + (used.mode != "none" and not was_kept),
            retries=self.retries + (used.attempt > 1),
            statements=self.statements + used.statements,
            seconds=self.seconds + used.seconds,
            slowest_s=max(self.slowest_s, used.seconds),
        )


class Tally:
    """The totals by route; the threads of a server write to it one after another."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._by_route: dict[str, Totals] = {}

    def observe(self, request: Any, used: Usage, status: int | None) -> None:
        """Count one attempt."""
        route = getattr(request, "matched_route", None)
        # By route and never by address: there are a few dozen of the one, and no end of the other.
        name = "no route" if route is None else f"{_method(request)} {route.pattern}"
        with self._lock:
            self._by_route[name] = self._by_route.get(name, Totals(name)).with_attempt(used, status)

    def totals(self) -> list[Totals]:
        """Return the totals of each route, the one that took longest on average first."""
        with self._lock:
            found = list(self._by_route.values())
        return sorted(found, key=lambda each: each.mean_s, reverse=True)


def _method(request: Any) -> str:
    # Whatever a client calls its method, the number of routes stays small.
    known = ("GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS")
    return request.method if request.method in known else "other"


def includeme(config: Configurator) -> None:
    """Count every attempt."""
    tally = Tally()
    config.registry[_TALLY] = tally
    add_observer(config, tally.observe)


def show(request: Any) -> Context:
    """Show the totals, and how many connections are in use."""
    by_route = request.registry[_TALLY].totals()
    pool = request.registry["dbsession_factory"].engine.pool
    sums = {
        name: sum(getattr(each, name) for each in by_route)
        for name in ("attempts", "commits", "aborts", "retries", "statements", "seconds")
    }
    return {"by_route": by_route, "sums": sums, "pool_in_use": pool.checkedout(), "pool_size": pool.size()}
