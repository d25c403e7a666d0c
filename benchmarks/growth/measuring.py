"""Time the same requests at every size, in turns of random order: a busy minute slows all sizes alike."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping, Sequence
from random import Random
from statistics import median

from benchmarks.effort import SEED, Effort
from benchmarks.growth.places import Place, Question
from benchmarks.growth.questions import BACKDATED, CURRENT, READS, Costs

# By kind, then by size: the median of each turn's requests, in microseconds. Turns of a round are neighbours.
Samples = dict[str, dict[int, list[float]]]

# Of the effort's sizes, which are for single-digit milliseconds and one comparison: here are four sizes and
# 17 kinds.
_ROUNDS_SHARE, _REQUESTS_SHARE, _WARM_UP_SHARE = 2, 10, 40
# A turn of slow requests is cut short.
_TURN_S = 0.05


def read_samples(places: Mapping[int, Place], effort: Effort) -> Samples:
    """Time every kind of reading request."""
    asked = {(kind.name, size): _always(kind.ask(place)) for kind in READS for size, place in places.items()}
    return _take_turns(places, [kind.name for kind in READS], asked, effort)


def write_samples(places: Mapping[int, Place], effort: Effort) -> Samples:
    """Time transactions of now and backdated ones, which make the books a little larger."""
    asked: dict[tuple[str, int], Callable[[], Question]] = {}
    for number, (size, place) in enumerate(places.items()):
        costs = Costs(SEED + number, place.start)
        asked |= {(CURRENT, size): costs.current, (BACKDATED, size): costs.backdated}
    return _take_turns(places, [CURRENT, BACKDATED], asked, effort)


def _always(question: Question) -> Callable[[], Question]:
    return lambda: question


def _take_turns(
    places: Mapping[int, Place],
    kinds: Sequence[str],
    asked: Mapping[tuple[str, int], Callable[[], Question]],
    effort: Effort,
) -> Samples:
    warm_up_requests = max(1, effort.warm_up_requests // _WARM_UP_SHARE)
    for (_, size), question in asked.items():
        _turn_us(places[size], question, warm_up_requests)
    samples: Samples = {kind: {size: [] for size in places} for kind in kinds}
    random, requests = Random(SEED), max(1, effort.requests // _REQUESTS_SHARE)
    for _ in range(max(2, effort.rounds // _ROUNDS_SHARE)):
        # Outside the clock, so that hardly a request pays for what all have left behind.
        gc.collect()
        for kind in random.sample(kinds, len(kinds)):
            for size in random.sample(sorted(places), len(places)):
                samples[kind][size].append(_turn_us(places[size], asked[kind, size], requests))
    return samples


def _turn_us(place: Place, question: Callable[[], Question], requests: int) -> float:
    taken: list[float] = []
    until_s = time.monotonic() + _TURN_S
    while not taken or (len(taken) < requests and time.monotonic() < until_s):
        taken.append(place.time_us(question()))
    return median(taken)
