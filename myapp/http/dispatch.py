"""The thread that has read a request serves it, and no other is woken for it.

Python runs one thread at a time, and whoever reads from a socket or asks SQLite lets go of it for a moment.
With a dozen threads in a dozen requests each such moment is a switch to another thread and back, a hundred of
them in one request; and handing a request from the thread that reads to one that serves takes two more
(docs/decisions/0024). So one thread leads: it looks at the connections, serves what has come, and looks
again. Another one watches it. When a request takes long, because it waits for a lock or for a client that
reads slowly, the watcher leads instead, and the request goes on beside the others. This is the pattern
Leader/Followers (Schmidt and others, Pattern-Oriented Software Architecture, volume 2).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from threading import Condition, get_ident
from typing import Any

from waitress import wasyncore
from waitress.server import BaseWSGIServer
from waitress.task import ThreadedTaskDispatcher

# Longer than most requests take, and shorter than the 5 ms after which Python lets another thread run anyway.
_PATIENCE_S = 0.003
# Python handles signals in the main thread, and Linux may have woken another one for it.
_GLANCE_S = 1.0
# Where a thread's identifier stands otherwise.
_NOBODY = 0


class LeaderDispatcher(ThreadedTaskDispatcher):  # type: ignore[misc]
    """waitress's threads and its loop in one: so many requests at once, and one thread more to look on."""

    def __init__(self, requests_max: int, patience_s: float = _PATIENCE_S) -> None:
        """Let so many requests be served at once; one of them leads for `patience_s` at the most."""
        super().__init__()
        self._requests_max = requests_max
        self._patience_s = patience_s
        self._running = 0
        # None until the first thread has begun.
        self._leader: int | None = None
        # The leader's request: whether there is one now, and when the newest began.
        self._serving = False
        self._begun_s = self._looked_s = time.monotonic()
        self._watched = self._watcher_sleeps = False
        self._relief = Condition(self.lock)
        self._failed = Condition(self.lock)
        self._failure: BaseException | None = None

    def lead(self, server: Any, listeners: Iterable[BaseWSGIServer]) -> None:
        """Be the loop of this server, which has these listeners, at least one."""
        server.asyncore = self
        for listener in listeners:
            # Any of them wakes whoever looks at the connections of all.
            self._wake = listener.pull_trigger
            listener.pull_trigger = self._wake_leader

    def loop(self, *, timeout: float, map: dict[int, Any], use_poll: bool) -> None:  # noqa: A002
        """Serve until a signal ends the main thread, which waits here, or something else raises."""
        self._look: Callable[[float], None] = lambda wait_s: wasyncore.loop(wait_s, use_poll, map, 1)
        self._look_s = timeout
        self.set_thread_count(self._requests_max + 1)
        with self.lock:
            while self._failure is None:
                self._failed.wait(_GLANCE_S)
        raise self._failure

    def add_task(self, task: Any) -> None:
        """Let a request be served: by who leads, after those that came before."""
        with self.lock:
            self.queue.append(task)
            if self._running == self._requests_max or len(self.queue) > self._requests_max:
                self.queue_logger.warning("Task queue depth is %d", len(self.queue))

    def set_thread_count(self, count: int) -> None:
        """Start all threads, or end them, each after its present request.

        Raises:
            ValueError: neither all nor none; it might be the leader who ends, and nobody would look on.
        """
        if count not in (0, self._requests_max + 1):
            raise ValueError(f"All {self._requests_max + 1} threads or none, and not {count}.")
        super().set_thread_count(count)
        with self.lock:
            self._relief.notify()
        self._wake()

    def handler_thread(self, thread_no: int) -> None:
        """Lead, serve and follow until told to end: what each thread does."""
        me = get_ident()
        while self._comes_to_lead(me):
            try:
                self._lead(me)
            except BaseException as failure:
                self._fail(failure)
        with self.lock:
            self.stop_count -= 1
            self.threads.discard(thread_no)
            self.thread_exit_cv.notify()

    def _lead(self, me: int) -> None:
        while self._leader == me and not self.stop_count:
            if (task := self._begin()) is None:
                self._look(0.0 if self._may_begin() else self._look_s)
                self._looked_s = time.monotonic()
            else:
                self._serve(task, me)

    def _may_begin(self) -> bool:
        # Somebody must be left who looks at the connections, or who waits for its client would wait forever.
        return bool(self.queue) and self._running < self._requests_max

    def _begin(self) -> Any | None:
        with self.lock:
            now_s = time.monotonic()
            if not self._may_begin() or now_s > self._looked_s + self._patience_s:
                return None
            self._running += 1
            self._serving, self._begun_s = True, now_s
            if self._watcher_sleeps:
                self._relief.notify()
            return self.queue.popleft()

    def _serve(self, task: Any, me: int) -> None:
        try:
            task.service()
        except BaseException:
            self.logger.exception("Exception when servicing %r", task)
        finally:
            self._end(me)

    def _end(self, me: int) -> None:
        with self.lock:
            self._running -= 1
            if self._leader == me:
                self._serving = False
        if self.queue:
            self._wake_leader()

    def _wake_leader(self) -> None:
        # Who leads is awake, and looks at the connections before it waits for anything.
        if self._leader != get_ident():
            self._wake()

    def _comes_to_lead(self, me: int) -> bool:
        with self.lock:
            while not self.stop_count:
                if self._leader is None:
                    self._leader = me
                if self._leader == me:
                    return True
                self._follow(me)
        return False

    def _follow(self, me: int) -> None:
        left_s = self._begun_s + self._patience_s - time.monotonic()
        if self._watched:
            self.queue_cv.wait()
        elif left_s > 0:
            self._watch(left_s)
        elif self._serving:
            self._leader, self._serving = me, False
            # Somebody else watches now.
            self.queue_cv.notify()
        else:
            self._watch(None)

    def _watch(self, timeout_s: float | None) -> None:
        self._watched, self._watcher_sleeps = True, timeout_s is None
        self._relief.wait(timeout_s)
        self._watched = self._watcher_sleeps = False

    def _fail(self, failure: BaseException) -> None:
        with self.lock:
            self._leader, self._failure = _NOBODY, failure
            self._failed.notify()
