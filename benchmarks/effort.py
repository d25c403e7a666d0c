"""How much of everything a run of the benchmarks does: all of it, or with `QUICK=1` a little."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

# Every random choice of a run follows from this number.
SEED = 20_260


@dataclass(frozen=True)
class Effort:
    """The sizes of one run: rounds in which everybody takes a turn, and the requests of a turn."""

    rounds: int
    requests: int
    warm_up_requests: int


FULL = Effort(rounds=80, requests=50, warm_up_requests=500)
QUICK = Effort(rounds=20, requests=30, warm_up_requests=200)


def effort_of(environment: Mapping[str, str]) -> Effort:
    """Return what the environment asks for."""
    return QUICK if environment.get("QUICK") == "1" else FULL
