"""All clients of a run, each on its own thread, until the run lets them finish."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from threading import Event

from tests.chaos.auditor import Auditor
from tests.chaos.holding import Board
from tests.chaos.payer import Payer
from tests.chaos.records import Record, merged
from tests.chaos.stage import Stage

PAYERS = 8
AUDITORS = 2


@dataclass(frozen=True)
class Crew:
    """The clients at work."""

    payers: tuple[Payer, ...]
    auditors: tuple[Auditor, ...]

    @property
    def acknowledged(self) -> int:
        """Return how many requests were acknowledged so far."""
        return sum(payer.record.acknowledged.total() for payer in self.payers)

    def record(self) -> Record:
        """Return what all of them know, once they are done."""
        return merged(client.record for client in (*self.payers, *self.auditors))


@contextmanager
def at_work(stage: Stage, random: Random, *, patient: bool) -> Iterator[Crew]:
    """Start the clients; at the end each finishes its open request, and a client's own error is raised."""
    stop, board = Event(), Board()
    payers = [
        Payer(f"payer{number}", stage, board, Random(random.random()), stop, patient=patient)
        for number in range(PAYERS)
    ]
    auditors = [Auditor(stage, Random(random.random()), stop) for _ in range(AUDITORS)]
    work: list[Callable[[], None]] = [client.run for client in (*payers, *auditors)]
    with ThreadPoolExecutor(len(work)) as pool:
        running = [pool.submit(each) for each in work]
        try:
            yield Crew(tuple(payers), tuple(auditors))
        finally:
            stop.set()
    for each in running:
        each.result()
