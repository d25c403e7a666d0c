"""A forked child of the test process: it does one thing, says what came of it, and is gone."""

from __future__ import annotations

import json
import os
import signal
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

WAIT_S = 30


def fork() -> int:
    """Fork; a child that hangs is ended by its own alarm."""
    with warnings.catch_warnings():
        # Newer Pythons warn of threads that a child does not inherit; it needs none of them.
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid == 0:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(WAIT_S)
    return pid


def in_child(work: Callable[[], Any]) -> Any:
    """Return what `work` returned in a forked child, which then ended with `os._exit`."""
    return in_children(1, work)[0]


def in_children(count: int, work: Callable[[], Any]) -> list[Any]:
    """Return what `work` returned in each of several forked children, who were at it together."""
    return [answer_of(*child) for child in [start(work) for _ in range(count)]]


@contextmanager
def child_that(work: Callable[[], Any]) -> Iterator[int]:
    """Fork a child that does its work, and then waits until it is killed."""
    reading, writing = os.pipe()
    pid = fork()
    if pid == 0:
        try:
            work()
            os.write(writing, b".")
            signal.pause()
        finally:
            os._exit(1)
    try:
        # No assert: without those, under `python -O`, nobody would wait for the child.
        if os.read(reading, 1) != b".":
            raise ChildProcessError("the child did not do its work")
        yield pid
    finally:
        os.close(reading)
        os.close(writing)
        end(pid)


def end(pid: int) -> None:
    """Kill a child, unless it is gone."""
    try:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    except (ProcessLookupError, ChildProcessError):
        return


def start(work: Callable[[], Any]) -> tuple[int, int]:
    """Fork a child that does its work, and return what `answer_of` takes."""
    reading, writing = os.pipe()
    pid = fork()
    if pid == 0:
        _answer(work, writing)
    os.close(writing)
    return pid, reading


def answer_of(pid: int, reading: int) -> Any:
    """Return what a child's work returned, once the child has ended."""
    with os.fdopen(reading) as answer:
        said = answer.read()
    _, status = os.waitpid(pid, 0)
    if status != 0:
        raise ChildProcessError(f"the child died with the status {status}")
    return json.loads(said)


def _answer(work: Callable[[], Any], writing: int) -> None:
    # Not one line of the test runner may run in the child, whatever happens.
    try:
        os.write(writing, json.dumps(_outcome(work)).encode())
        os._exit(0)
    finally:
        os._exit(1)


def _outcome(work: Callable[[], Any]) -> Any:
    try:
        return work()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
