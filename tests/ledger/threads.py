"""Run the same work in many threads that begin together, and hand on whatever any of them raised."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")
# A thread that fails before the start would leave the others waiting for it.
START_TIMEOUT_S = 60


def at_once(count: int, work: Callable[[int], Result]) -> list[Result]:
    """Return what `work` returned for each number below `count`, each in its own thread."""
    barrier = threading.Barrier(count, timeout=START_TIMEOUT_S)

    def start(number: int) -> Result:
        barrier.wait()
        return work(number)

    with ThreadPoolExecutor(count) as pool:
        return [each.result() for each in [pool.submit(start, number) for number in range(count)]]
