"""SIGTERM under load: the server ends by itself and soon, and no acknowledged transfer is lost."""

from __future__ import annotations

import time
from pathlib import Path
from random import Random
from threading import Event

from tests.chaos.aftermath import examine
from tests.chaos.crew import Crew, at_work
from tests.chaos.outcome import Outcome
from tests.chaos.stage import Stage, staged

# waitress waits five seconds for its threads; the rest is for a machine that is busy with other things.
END_WITHIN_S = 20.0
LOAD_WITHIN_S = 60.0
# So many transfers are acknowledged before each signal: the signal must meet a server at work.
LOAD = 40
POLL_S = 0.01
PAUSE_S_MAX = 0.3


def run(dialect: str, terminations: int, seed: int, logs: Path) -> Outcome:
    """End one server after another, each under load, and start it again; then examine."""
    random = Random(f"{seed} ending {dialect}")
    with staged(dialect, logs) as stage:
        begun_s = time.monotonic()
        with at_work(stage, random, patient=False) as crew:
            ends = [_end_one(stage, crew, random) for _ in range(terminations)]
        record = crew.record()
        lasted_s = time.monotonic() - begun_s
        findings = examine(stage, record, random)
    return Outcome(
        "SIGTERM",
        dialect,
        lasted_s,
        record,
        terminations=len(ends),
        slowest_end_s=max((seconds for _, seconds in ends), default=0.0),
        doubtful_kept=findings.doubtful_kept,
        breaches=[*(_wrong_end(status) for status, _ in ends if status != 0), *findings.breaches],
    )


def _end_one(stage: Stage, crew: Crew, random: Random) -> tuple[int | None, float]:
    _wait_for_load(crew)
    # The signal shall not always meet the same moment of a transfer.
    Event().wait(random.uniform(0, PAUSE_S_MAX))
    server = random.choice(stage.servers)
    ended = server.terminate(END_WITHIN_S)
    server.start()
    return ended


def _wait_for_load(crew: Crew) -> None:
    wanted = crew.acknowledged + LOAD
    deadline_s = time.monotonic() + LOAD_WITHIN_S
    while crew.acknowledged < wanted:
        if time.monotonic() > deadline_s:
            raise RuntimeError(f"Fewer than {LOAD} transfers in {LOAD_WITHIN_S} s: that is no load.")
        time.sleep(POLL_S)


def _wrong_end(status: int | None) -> str:
    if status is None:
        return f"endless: a server did not end within {END_WITHIN_S} s of SIGTERM"
    return f"disorderly: a server ended with status {status} on SIGTERM"
