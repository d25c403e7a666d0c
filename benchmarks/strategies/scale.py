"""How much of everything a run does: the page's own run, and a smaller one for the tests."""

from __future__ import annotations

from dataclasses import dataclass

# Every random choice of a run follows from this number.
SEED = 20_260


@dataclass(frozen=True)
class Scale:
    """The sizes of one run; `memory_rows` are loaded by each of `memory_requests`."""

    rounds: int = 10
    reads: int = 20
    threads: int = 8
    requests_per_thread: int = 15
    memory_requests: int = 1_000
    memory_rows: int = 100


FULL = Scale()
QUICK = Scale(rounds=3, reads=4, threads=4, requests_per_thread=10, memory_requests=20, memory_rows=20)
