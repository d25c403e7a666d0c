"""Look, many times a second of CPU time, at what is running: it costs what it measures next to nothing."""

from __future__ import annotations

import gc
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from types import FrameType

from benchmarks.profiling.rooms import room_of
from benchmarks.profiling.service import Service
from benchmarks.wsgi import Environ

EVERY_S = 0.001


@dataclass(frozen=True)
class Profile:
    """The CPU time of one request in microseconds, whole and by room."""

    whole_us: float
    rooms_us: dict[str, float]


def profile(service: Service, requests: Iterator[Environ], count: int, warm_up: int) -> Profile:
    """Send requests, one after another, and return what one of them cost."""
    for environ in islice(requests, warm_up):
        service.send(environ)
    environs = list(islice(requests, count))
    gc.collect()
    seen: Counter[str] = Counter()
    spent_s = _sampled(seen, lambda: [service.send(environ) for environ in environs])
    whole_us = spent_s / count * 1e6
    samples = seen.total()
    return Profile(whole_us, {room: number / samples * whole_us for room, number in seen.most_common()})


def _sampled(seen: Counter[str], work: Callable[[], object]) -> float:
    def look(number: int, frame: FrameType | None) -> None:
        seen[room_of(frame)] += 1

    before = signal.signal(signal.SIGPROF, look)
    signal.setitimer(signal.ITIMER_PROF, EVERY_S, EVERY_S)
    began_s = time.process_time()
    try:
        work()
        return time.process_time() - began_s
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
