"""Lost updates: several threads read a number, add one in Python and store it."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.strategies.databases import Databases
from benchmarks.strategies.errors import Errors, errors_of
from benchmarks.strategies.model import OPENING_BALANCE
from benchmarks.strategies.scale import Scale
from benchmarks.strategies.sessions import Strategy
from benchmarks.strategies.site import served


@dataclass(frozen=True)
class Updates:
    """Of `sent` increments, how many were answered 200 and how many the database holds."""

    sent: int
    answered: int
    held: int
    errors: list[Errors]

    @property
    def lost(self) -> int:
        """Return how many increments were confirmed to a client and are not there."""
        return self.answered - self.held


@dataclass(frozen=True)
class LostUpdates:
    """The same increments: plain, with SELECT … FOR UPDATE, and on an engine at SERIALIZABLE."""

    plain: Updates
    for_update: Updates | None
    serializable: Updates | None


def measure(strategy: type[Strategy], databases: Databases, scale: Scale) -> LostUpdates:
    """Increment one row from all threads at once; SQLite knows neither row locks nor lower isolation."""
    plain = _increment(strategy, databases, scale, "/increment", None)
    if databases.dialect == "sqlite":
        return LostUpdates(plain, None, None)
    for_update = _increment(strategy, databases, scale, "/increment?lock", None)
    serializable = _increment(strategy, databases, scale, "/increment", "SERIALIZABLE")
    return LostUpdates(plain, for_update, serializable)


def _increment(
    strategy: type[Strategy], databases: Databases, scale: Scale, path: str, isolation_level: str | None
) -> Updates:
    with served(strategy, databases, scale.threads, isolation_level=isolation_level) as site:
        answers = site.workers.rounds(scale.requests_per_thread, lambda *_: site.serve("POST", path))
        held = site.witness.balance() - OPENING_BALANCE
        return Updates(len(answers), sum(answer.ok for answer in answers), held, errors_of(answers))
