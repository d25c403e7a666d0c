"""Stale reads: does a request see what somebody else committed before it began?"""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.strategies.databases import Databases
from benchmarks.strategies.scale import Scale
from benchmarks.strategies.sessions import Strategy
from benchmarks.strategies.site import Site, served


@dataclass(frozen=True)
class Staleness:
    """How many of `reads` answers were out of date: objects dropped after the view, or held in a cache."""

    reads: int
    dropped: int
    cached: int


def measure(strategy: type[Strategy], databases: Databases, scale: Scale) -> Staleness:
    """Read a row again and again on one thread, while another connection changes it in between."""
    counts = []
    for path in ("/read", "/read?keep"):
        with served(strategy, databases) as site:
            site.get(path)
            counts.append(sum(_is_stale(site, path) for _ in range(scale.reads)))
    return Staleness(scale.reads, *counts)


def _is_stale(site: Site, path: str) -> bool:
    site.witness.execute("UPDATE account SET balance = balance + 1 WHERE id = 1")
    return bool(site.get(path).body != site.witness.balance())
