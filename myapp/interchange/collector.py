"""Pause Python's search for reference cycles while a journal is read or written.

It is started by the number of new objects, and a journal is nothing but new objects, all of them needed: the
search finds nothing, again and again, and took a quarter of the time of an import. What is no longer used is
still freed at once, by its count of references; only cycles wait, for the seconds that a journal takes.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

_lock = Lock()
_pauses = 0
_was_enabled = False


@contextmanager
def collector_paused() -> Iterator[None]:
    """Pause the collector, which is the whole process's; it goes on when the last of several pauses ends."""
    _begin()
    try:
        yield
    finally:
        _end()


def _begin() -> None:
    global _pauses, _was_enabled
    with _lock:
        if _pauses == 0:
            _was_enabled = gc.isenabled()
            gc.disable()
        _pauses += 1


def _end() -> None:
    global _pauses
    with _lock:
        _pauses -= 1
        # Whoever had it switched off wants it off afterwards, too.
        if _pauses == 0 and _was_enabled:
            gc.enable()
