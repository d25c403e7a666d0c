"""Memory: what is still there after many requests that each loaded a page of objects."""

from __future__ import annotations

import gc
import tracemalloc
from dataclasses import dataclass

from sqlalchemy.orm import Session

from benchmarks.strategies.databases import Databases
from benchmarks.strategies.model import PAYLOADS, Payload
from benchmarks.strategies.scale import Scale
from benchmarks.strategies.sessions import Strategy
from benchmarks.strategies.site import Site, served

# The first requests fill caches that are filled only once.
WARM_UP = 20


@dataclass(frozen=True)
class Memory:
    """Counted right after the last request; `kept_kib` after a full collection, `peak_kib` on the way."""

    requests: int
    rows: int
    sessions: int
    objects: int
    in_identity_maps: int
    uncollected_kib: int
    kept_kib: int


def measure(strategy: type[Strategy], databases: Databases, scale: Scale) -> Memory:
    """Load the pages on one thread, and count what the garbage collector can still see."""
    with served(strategy, databases) as site:
        return site.workers.one(lambda: _load(site, scale))


def _load(site: Site, scale: Scale) -> Memory:
    _serve(site, WARM_UP, scale.memory_rows)
    gc.collect()
    tracemalloc.start()
    try:
        _serve(site, scale.memory_requests, scale.memory_rows)
        uncollected, _ = tracemalloc.get_traced_memory()
        found = gc.get_objects()
        sessions = [each for each in found if isinstance(each, Session)]
        objects = sum(isinstance(each, Payload) for each in found)
        mapped = sum(len(session.identity_map) for session in sessions)
        del found
        gc.collect()
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return Memory(
        scale.memory_requests,
        scale.memory_rows,
        len(sessions),
        objects,
        mapped,
        uncollected // 1024,
        kept // 1024,
    )


def _serve(site: Site, requests: int, rows: int) -> None:
    for number in range(requests):
        site.serve("GET", f"/payloads?first={number * rows % PAYLOADS}&count={rows}")
