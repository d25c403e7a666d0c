"""Many threads that begin together, and how to know that one of them waits for another."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from sqlalchemy import Connection, text

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


def wait_until_someone_waits(connection: Connection, count: int = 1) -> None:
    """Return once so many threads, or processes, wait for a lock in this PostgreSQL database."""
    waiting = text(
        "SELECT count(*) FROM pg_locks WHERE NOT granted AND pid IN "
        "(SELECT pid FROM pg_stat_activity WHERE datname = current_database())"
    )
    # Each look is a round trip; the statement timeout of the one that waits ends a hopeless wait.
    for _ in range(100_000):
        if connection.execute(waiting).scalar_one() >= count:
            return
    raise AssertionError("No one waits.")
