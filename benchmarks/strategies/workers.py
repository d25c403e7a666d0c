"""The threads of a server: they outlive the requests they serve, so what a thread keeps stays kept."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from types import TracebackType
from typing import Self, TypeVar

# A thread that waits longer than this has met a lock that nobody gives back: the run stops with an error.
PATIENCE_S = 60.0

Result = TypeVar("Result")


class Workers:
    """A fixed number of threads that all live until the block ends."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._pool = ThreadPoolExecutor(count, thread_name_prefix="worker")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown()

    def each(self, function: Callable[[int], Result]) -> list[Result]:
        """Call `function(number)` once on every thread, all at the same time."""
        # Nobody passes the barrier before every thread has a task, so none can take two.
        start = Barrier(self.count)

        def task(number: int) -> Result:
            start.wait(PATIENCE_S)
            return function(number)

        futures = [self._pool.submit(task, number) for number in range(self.count)]
        return [future.result(PATIENCE_S) for future in futures]

    def rounds(self, count: int, function: Callable[[int, int], Result]) -> list[Result]:
        """Call `function(thread, round)` on every thread in `count` rounds, each begun together.

        Without the rounds a thread whose requests fail at once would be done before the others have begun.
        """
        begin = Barrier(self.count)

        def play(thread: int) -> list[Result]:
            results = []
            for number in range(count):
                begin.wait(PATIENCE_S)
                results.append(function(thread, number))
            return results

        return [result for results in self.each(play) for result in results]

    def one(self, function: Callable[[], Result]) -> Result:
        """Call `function` on one of the threads: with a single worker, always on the same."""
        return self._pool.submit(function).result(PATIENCE_S)
