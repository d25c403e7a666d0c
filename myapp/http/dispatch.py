"""Requests take turns at Python's interpreter instead of fighting for it.

Python runs one thread at a time, and whoever reads from a socket or asks SQLite lets go of it for a moment.
With a dozen threads in a dozen requests each such moment is a switch to another thread and back, a hundred
of them in one request (docs/decisions/0022). So the next request begins when the one before it is done.
One that takes long, because it waits for a lock or for a distant database, holds nobody up: after a few
milliseconds the next one begins beside it, and after as long again another.
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
        """Start so many threads; a request that waits for the one before it waits for `patience_s`."""
        super().__init__()
        self._patience_s = patience_s
        self._begun_s = 0.0
        self._running = 0
        self._resting: list[Condition] = []
        # The one that looks after requests that wait for longer than the patience.
        self._watching: Condition | None = None
        self.set_thread_count(threads)

    def add_task(self, task: Any) -> None:
        """Let a request be served."""
        with self.lock:
            self.queue.append(task)
            if self._running == 0 or self._watching is None:
                self._wake()
            if self._running == len(self.threads):
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
        while (task := self._next_task(own)) is not None:
            try:
                task.service()
            except BaseException:
                self.logger.exception("Exception when servicing %r", task)
            with self.lock:
                self._running -= 1
        with self.lock:
            self.threads.discard(thread_no)
            self.thread_exit_cv.notify()

    def _next_task(self, own: Condition) -> Any | None:
        with self.lock:
            while not self.stop_count:
                if self.queue and self._is_a_turn():
                    self._running += 1
                    self._begun_s = time.monotonic()
                    return self._take()
                self._wait(own)
            self.stop_count -= 1
            return None

    def _is_a_turn(self) -> bool:
        return self._running == 0 or time.monotonic() - self._begun_s >= self._patience_s

    def _take(self) -> Any:
        task = self.queue.popleft()
        if self.queue and self._watching is None:
            self._wake()
        return task

    def _wait(self, own: Condition) -> None:
        if self._running and self._watching is None:
            self._watching = own
            own.wait(self._patience_s)
            self._watching = None
        else:
            self._resting.append(own)
            own.wait()

    def _wake(self) -> None:
        if self._resting:
            self._resting.pop().notify()
