"""Requests take turns in a process, nobody waits for long, and the dispatcher ends."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Barrier, Event, Lock, get_ident

import pytest

from myapp.http.dispatch import TurnDispatcher

LONG_S = 60.0
PATIENCE_S = 0.2


class Task:
    """What waitress calls a task: a request, here any work."""

    def __init__(self, work: Callable[[], object]) -> None:
        self._work = work
        self.done = Event()

    def service(self) -> None:
        """Do the work."""
        try:
            self._work()
        finally:
            self.done.set()

    def cancel(self) -> None:
        """Do nothing: the server is going away."""


class Waiting(Task):
    """A request that waits until it may go on."""

    def __init__(self) -> None:
        super().__init__(self._wait)
        self.began, self.goes_on = Event(), Event()

    def _wait(self) -> None:
        self.began.set()
        self.goes_on.wait(LONG_S)


@contextmanager
def dispatcher_of(threads: int, patience_s: float) -> Iterator[TurnDispatcher]:
    """Give a dispatcher, and see that all its threads end."""
    dispatcher = TurnDispatcher(threads, patience_s)
    try:
        yield dispatcher
    finally:
        dispatcher.shutdown(timeout=LONG_S)
    assert not dispatcher.threads


def wait_until_all_rest(dispatcher: TurnDispatcher, threads: int) -> None:
    """Return once no thread has anything to do."""
    deadline_s = time.monotonic() + LONG_S
    while len(dispatcher._resting) < threads:
        assert time.monotonic() < deadline_s
        os.sched_yield()


class Crowd:
    """Counts how many are in it at once."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._inside = 0
        self.most = 0

    def enter_and_leave(self) -> None:
        """Let go of the interpreter inside, as a request does that reads from a socket."""
        with self._lock:
            self._inside += 1
            self.most = max(self.most, self._inside)
        for _ in range(100):
            os.sched_yield()
        with self._lock:
            self._inside -= 1


def test_one_request_runs_at_a_time_while_none_takes_long() -> None:
    crowd = Crowd()
    tasks = [Task(crowd.enter_and_leave) for _ in range(200)]
    with dispatcher_of(8, patience_s=LONG_S) as dispatcher:
        for task in tasks:
            dispatcher.add_task(task)
        assert all(task.done.wait(LONG_S) for task in tasks)
    assert crowd.most == 1


def test_a_request_that_waits_holds_nobody_up() -> None:
    met = []
    everybody = Barrier(8, timeout=LONG_S)
    tasks = [Task(lambda: met.append(everybody.wait())) for _ in range(8)]
    with dispatcher_of(8, PATIENCE_S) as dispatcher:
        begun_s = time.monotonic()
        for task in tasks:
            dispatcher.add_task(task)
        assert all(task.done.wait(LONG_S) for task in tasks)
        # Each begins when the one before it has had its turn, and not much later.
        assert 7 * PATIENCE_S <= time.monotonic() - begun_s < 7 * PATIENCE_S * 4
    assert sorted(met) == list(range(8))


def test_a_request_that_comes_while_another_waits_is_served() -> None:
    waiting = Waiting()
    with dispatcher_of(2, patience_s=0.001) as dispatcher:
        dispatcher.add_task(waiting)
        assert waiting.began.wait(LONG_S)
        # Nobody looked after the queue before this one came.
        later = Task(waiting.goes_on.set)
        dispatcher.add_task(later)
        assert later.done.wait(LONG_S)
        assert waiting.done.wait(LONG_S)


def test_beside_a_request_that_waits_the_others_take_turns_as_if_it_were_not_there() -> None:
    waiting, first, crowd = Waiting(), Task(lambda: None), Crowd()
    others = [Task(crowd.enter_and_leave) for _ in range(100)]
    with dispatcher_of(8, patience_s=PATIENCE_S) as dispatcher:
        dispatcher.add_task(waiting)
        assert waiting.began.wait(LONG_S)
        dispatcher.add_task(first)
        assert first.done.wait(LONG_S)
        begun_s = time.monotonic()
        for task in others:
            dispatcher.add_task(task)
        assert all(task.done.wait(LONG_S) for task in others)
        # Each of them would have waited for its own patience.
        assert time.monotonic() - begun_s < PATIENCE_S * len(others) / 4
        waiting.goes_on.set()
        assert waiting.done.wait(LONG_S)


def test_who_serves_nobody_does_not_look_again_and_again() -> None:
    waiting = Waiting()
    with dispatcher_of(4, patience_s=0.001) as dispatcher:
        dispatcher.add_task(waiting)
        assert waiting.began.wait(LONG_S)
        # One waits, and the others have nothing to look for.
        wait_until_all_rest(dispatcher, 3)
        waiting.goes_on.set()
        assert waiting.done.wait(LONG_S)


def test_a_queue_that_grows_is_told(caplog: pytest.LogCaptureFixture) -> None:
    tasks = [Waiting() for _ in range(6)]
    with dispatcher_of(2, patience_s=LONG_S) as dispatcher, caplog.at_level("WARNING", "waitress.queue"):
        for task in tasks:
            dispatcher.add_task(task)
        for task in tasks:
            task.goes_on.set()
        assert all(task.done.wait(LONG_S) for task in tasks)
    assert "Task queue depth" in caplog.text


def test_one_thread_serves_all_requests_in_their_order() -> None:
    served: list[int] = []
    tasks = [Task(lambda number=number: served.append(number)) for number in range(100)]  # type: ignore[misc]
    with dispatcher_of(1, patience_s=LONG_S) as dispatcher:
        for task in tasks:
            dispatcher.add_task(task)
        assert all(task.done.wait(LONG_S) for task in tasks)
    assert served == list(range(100))


def test_the_thread_that_worked_last_works_next() -> None:
    threads = set()
    with dispatcher_of(6, patience_s=LONG_S) as dispatcher:
        for _ in range(50):
            wait_until_all_rest(dispatcher, 6)
            task = Task(lambda: threads.add(get_ident()))
            dispatcher.add_task(task)
            assert task.done.wait(LONG_S)
    assert len(threads) == 1


def test_an_error_ends_the_request_and_not_the_thread() -> None:
    def fail() -> None:
        raise SystemExit("of a request")

    failing, next_one = Task(fail), Task(lambda: None)
    with dispatcher_of(1, patience_s=LONG_S) as dispatcher:
        dispatcher.add_task(failing)
        dispatcher.add_task(next_one)
        assert next_one.done.wait(LONG_S)


def test_threads_can_be_fewer_and_more() -> None:
    with dispatcher_of(4, patience_s=LONG_S) as dispatcher:
        dispatcher.set_thread_count(1)
        dispatcher.set_thread_count(3)
        task = Task(lambda: None)
        dispatcher.add_task(task)
        assert task.done.wait(LONG_S)
