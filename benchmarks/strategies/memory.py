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

# Tracing every allocation is slow, so only the last tenth is traced: what a request keeps shows there too.
TRACED_PART = 10


@dataclass(frozen=True)
class Memory:
    """What is alive after `requests`, and what the last `traced` of them took and did not give back."""

    requests: int
    rows: int
    traced: int
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
    traced = scale.memory_requests // TRACED_PART
    _serve(site, scale.memory_requests - traced, scale.memory_rows)
    gc.collect()
    tracemalloc.start()
    try:
        _serve(site, traced, scale.memory_rows)
        uncollected = _traced_kib()
        alive = _alive()
        gc.collect()
        kept = _traced_kib()
    finally:
        tracemalloc.stop()
    return Memory(scale.memory_requests, scale.memory_rows, traced, *alive, uncollected, kept)


def _traced_kib() -> int:
    return tracemalloc.get_traced_memory()[0] // 1024


def _alive() -> tuple[int, int, int]:
    """Count the sessions, the loaded objects, and the objects that some session's identity map lists."""
    found = gc.get_objects()
    sessions = [each for each in found if isinstance(each, Session)]
    objects = sum(isinstance(each, Payload) for each in found)
    return len(sessions), objects, sum(len(session.identity_map) for session in sessions)


def _serve(site: Site, requests: int, rows: int) -> None:
    for number in range(requests):
        site.serve("GET", f"/payloads?first={number * rows % PAYLOADS}&count={rows}")
