"""The plan of disasters: which process dies next and after how long, all drawn from the seed."""

from __future__ import annotations

from collections import Counter
from enum import Enum
from random import Random
from threading import Event

from tests.chaos.stage import Stage

PAUSE_S_MAX = 2.0


class Target(Enum):
    """What is killed."""

    SERVER = "server"
    DATABASE = "database"
    BOTH = "both"


class Killer:
    """Kills one target after another and starts it again; the clients are never told."""

    def __init__(self, stage: Stage, random: Random) -> None:
        self.kills: Counter[str] = Counter()
        self._stage = stage
        self._random = random

    def run_until(self, done: Event) -> None:
        """Go on until `done`; every process runs again when this returns."""
        while not done.wait(self._random.uniform(0, PAUSE_S_MAX)):
            self._strike(self._next_target())

    def _next_target(self) -> Target:
        if self._stage.postgres is None:
            return Target.SERVER
        return self._random.choices(list(Target), weights=(6, 3, 1))[0]

    def _strike(self, target: Target) -> None:
        server = self._random.choice(self._stage.servers)
        if target is not Target.DATABASE:
            server.kill()
            self.kills["server"] += 1
        if target is not Target.SERVER and self._stage.postgres is not None:
            self._stage.postgres.kill()
            self.kills["database"] += 1
            self._stage.postgres.restart()
        # A server that starts asks the database for its schema, so that must be back first.
        if target is not Target.DATABASE:
            server.start()
