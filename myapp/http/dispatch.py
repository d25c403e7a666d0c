"""Requests take turns at Python's interpreter instead of fighting for it.

Python runs one thread at a time, and whoever reads from a socket or asks SQLite lets go of it for a moment.
With a dozen threads in a dozen requests each such moment is a switch to another thread and back, a hundred
of them in one request (docs/decisions/0022). So the next request begins when the one that began last is done.
One that takes long, because it waits for a lock or for a client that reads slowly, has its turn for a few
milliseconds; then it goes on beside the others, who take turns without it.
"""

from __future__ import annotations

import time
from threading import Condition
from typing import Any

from waitress.task import ThreadedTaskDispatcher

# Longer than most requests take, and shorter than the 5 ms after which Python lets another thread run anyway.
_PATIENCE_S = 0.003


class TurnDispatcher(ThreadedTaskDispatcher):  # type: ignore[misc]
    """waitress's threads, of which the one that worked last is woken first: its caches are warm."""

    def __init__(self, threads: int, patience_s: float = _PATIENCE_S) -> None:
        """Start so many threads; a request has its turn for `patience_s` at the most."""
        super().__init__()
        self._patience_s = patience_s
        self._running = 0
        # The thread that has the turn, by its condition, and since when; None once its request is done.
        self._latest: Condition | None = None
        self._begun_s = 0.0
        self._resting: list[Condition] = []
        # The one that looks after requests that wait until the patience is over.
        self._watching: Condition | None = None
        self.set_thread_count(threads)

    def add_task(self, task: Any) -> None:
        """Let a request be served."""
        with self.lock:
            self.queue.append(task)
            if self._watching is None or self._patience_left_s() <= 0:
                self._wake()
            if self._running == len(self.threads) or len(self.queue) > len(self.threads):
                self.queue_logger.warning("Task queue depth is %d", len(self.queue))

    def set_thread_count(self, count: int) -> None:
        """Have so many threads; those that are too many end after their present request."""
        super().set_thread_count(count)
        with self.lock:
            for each in (*self._resting, self._watching):
                if each is not None:
                    each.notify()
            self._resting.clear()

    def handler_thread(self, thread_no: int) -> None:
        """Serve requests until told to end: what each thread does."""
        own = Condition(self.lock)
        while (task := self._next_task(own, thread_no)) is not None:
            try:
                task.service()
            except BaseException:
                self.logger.exception("Exception when servicing %r", task)
            finally:
                self._end(own)

    def _next_task(self, own: Condition, thread_no: int) -> Any | None:
        with self.lock:
            while not self.stop_count:
                if self.queue and self._patience_left_s() <= 0:
                    return self._begin(own)
                self._wait(own)
            self.stop_count -= 1
            self.threads.discard(thread_no)
            self.thread_exit_cv.notify()
            return None

    def _begin(self, own: Condition) -> Any:
        self._running += 1
        self._latest, self._begun_s = own, time.monotonic()
        task = self.queue.popleft()
        if self.queue and self._watching is None:
            self._wake()
        return task

    def _end(self, own: Condition) -> None:
        with self.lock:
            self._running -= 1
            if self._latest is own:
                self._latest = None

    def _patience_left_s(self) -> float:
        if self._latest is None:
            return 0.0
        return self._begun_s + self._patience_s - time.monotonic()

    def _wait(self, own: Condition) -> None:
        left_s = self._patience_left_s()
        if left_s > 0 and self._watching is None:
            self._watching = own
            own.wait(left_s)
            self._watching = None
        else:
            self._resting.append(own)
            own.wait()

    def _wake(self) -> None:
        # Notified before it is taken off: a signal may end the main thread in between.
        if self._resting:
            self._resting[-1].notify()
            self._resting.pop()
