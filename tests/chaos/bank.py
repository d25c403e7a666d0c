"""The bank test: transfers go on while servers and PostgreSQL are killed, and then everything must add up."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from random import Random
from threading import Event

from tests.chaos.aftermath import examine
from tests.chaos.crew import Crew, at_work
from tests.chaos.killer import Killer
from tests.chaos.outcome import Outcome
from tests.chaos.stage import staged

POLL_S = 0.1
# A busy machine may need longer for the counts; after this long beyond the seconds they were not reached.
EXTRA_S_MAX = 60.0


def run(dialect: str, seconds: float, kills: int, acknowledged: int, seed: int, logs: Path) -> Outcome:
    """Play for so many seconds and on until the counts are reached, within bounds; then examine."""
    random = Random(f"{seed} bank {dialect}")
    with staged(dialect, logs) as stage:
        begun_s = time.monotonic()
        killer = Killer(stage, Random(random.random()))
        with at_work(stage, random, patient=True) as crew:
            _play(crew, killer, seconds, kills, acknowledged)
        record = crew.record()
        lasted_s = time.monotonic() - begun_s
        findings = examine(stage, record, random)
    done = {
        "kills": (killer.kills.total(), kills),
        "acknowledged": (record.acknowledged.total(), acknowledged),
    }
    short = [f"{name}: {reached} of {wanted}" for name, (reached, wanted) in done.items() if reached < wanted]
    return Outcome(
        "bank",
        dialect,
        lasted_s,
        record,
        server_kills=killer.kills["server"],
        database_kills=killer.kills["database"],
        short=tuple(short),
        doubtful_kept=findings.doubtful_kept,
        breaches=findings.breaches,
    )


def _play(crew: Crew, killer: Killer, seconds: float, kills: int, acknowledged: int) -> None:
    done = Event()
    begun_s = time.monotonic()

    def is_enough() -> bool:
        lasted_s = time.monotonic() - begun_s
        reached = killer.kills.total() >= kills and crew.acknowledged >= acknowledged
        return lasted_s >= seconds + EXTRA_S_MAX or (lasted_s >= seconds and reached)

    with ThreadPoolExecutor(1) as pool:
        killing = pool.submit(killer.run_until, done)
        try:
            while not killing.done() and not is_enough():
                wait([killing], POLL_S)
        finally:
            # Also when someone interrupts: the killer would go on for ever.
            done.set()
    killing.result()
