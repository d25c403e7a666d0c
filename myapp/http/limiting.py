"""How many requests a caller may send: so many a second, and so many at once before that.

Counted in memory, by all processes together that were forked from the one that made the application.
"""

from __future__ import annotations

import mmap
import time
from collections.abc import Callable
from typing import Any

from pyramid.config import Configurator
from pyramid.security import NO_PERMISSION_REQUIRED

from myapp.db.shared import SharedLock
from myapp.http.errors import RateLimited

View = Callable[[Any, Any], Any]

_ALLOWANCE = "myapp.http.allowance"
_COUNTED = "myapp.http.counted"
# A caller is looked for in a row of eight places. Whoever has nothing to wait for leaves its place to others.
_ROWS = 2_048
_PLACES = 8


class DueTimes:
    """Until when each caller's requests would last if they came one in an interval; 0 for who is not there.

    A place is a caller's hash, of 64 bits and the same in every forked process, and a time.
    """

    def __init__(self, rows: int = _ROWS) -> None:
        self._rows = rows
        size_bytes = 8 * rows * _PLACES
        self._marks = memoryview(mmap.mmap(-1, size_bytes)).cast("q")
        self._due_s = memoryview(mmap.mmap(-1, size_bytes)).cast("d")

    def find(self, mark: int) -> tuple[int, float]:
        """Return a caller's place and time, by the hash; the place is somebody else's until `note`."""
        first = mark % self._rows * _PLACES
        due_s = self._due_s[first : first + _PLACES].tolist()
        try:
            place = self._marks[first : first + _PLACES].tolist().index(mark)
        except ValueError:
            # Who is due first has least to lose: nothing, unless a whole row is ahead of its time.
            return first + due_s.index(min(due_s)), 0.0
        return first + place, due_s[place]

    def note(self, mark: int, place: int, due_s: float) -> None:
        """Give the place to the caller, with a new time."""
        self._marks[place] = mark
        self._due_s[place] = due_s


class Allowance:
    """The generic cell rate algorithm (ITU-T I.371): one time for each caller, and no timer.

    The clock must be the same in all processes, as Linux's monotonic one is.
    """

    def __init__(
        self,
        per_second: int,
        at_once: int,
        clock: Callable[[], float] = time.monotonic,
        due_times: DueTimes | None = None,
    ) -> None:
        self._interval_s = 1 / per_second
        # How far a caller may be ahead of one request in every interval.
        self._ahead_s = (at_once - 1) * self._interval_s
        self._clock = clock
        self._lock = SharedLock()
        self._due_times = due_times or DueTimes()

    def wait_s(self, caller: str) -> float:
        """Count a request and return 0; or return the seconds after which it would be counted."""
        mark = hash(caller)
        with self._lock:
            now = self._clock()
            place, due = self._due_times.find(mark)
            due = max(due, now)
            if due - now > self._ahead_s:
                return due - now - self._ahead_s
            self._due_times.note(mark, place, due + self._interval_s)
            return 0.0


def includeme(config: Configurator) -> None:
    """Limit callers if the settings say so."""
    settings = config.registry["settings"]
    if settings.requests_per_second:
        config.registry[_ALLOWANCE] = Allowance(settings.requests_per_second, settings.requests_at_once)
        # Before the permission is asked for: who may not do something has been looked up all the same. And to
        # look opens the session, for which the view has to say first whether it writes.
        config.add_view_deriver(counted_view, under="db_mode", over="secured_view")


def counted_view(view: View, info: Any) -> View:
    """Return a view that counts first, where it asks for a permission; what needs no key is not counted."""
    if info.options.get("permission") in (None, NO_PERMISSION_REQUIRED):
        return view

    def count_and_view(context: Any, request: Any) -> Any:
        _require_allowance(request)
        return view(context, request)

    return count_and_view


def _require_allowance(request: Any) -> None:
    """Count a request of somebody with a key.

    Raises:
        RateLimited: there are too many; `retry_after_s` says when one more would be taken.
    """
    if request.identity is None or _COUNTED in request.environ:
        return
    # Another attempt at the same request finds it here.
    request.environ[_COUNTED] = True
    # Not by the name, which keys of several tenants may have. Who needs no key is one caller.
    if wait_s := request.registry[_ALLOWANCE].wait_s(str(request.identity.key_id)):
        raise RateLimited("This key sends too many requests.", retry_after_s=wait_s)
