"""Turns of load: everybody has the machine alone for a while, in random order, round after round."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from random import Random
from statistics import median

from benchmarks.load import processes, requests, wire
from benchmarks.load.requests import Pairs
from benchmarks.load.scene import CLIENTS, Scene
from benchmarks.load.wire import Requests
from benchmarks.opponents import plain
from benchmarks.opponents.pgbench import Pgbench

SINGLE, HOT, BATCH = "single", "hot", "batch"
PGBENCH, PLAIN, PLAIN_BATCH = "pgbench", "plain", "plain_batch"


@dataclass(frozen=True)
class Turn:
    """Transactions a second, and the CPU time that one of them took, in microseconds, by who spent it."""

    rate: float
    cpu_us: Mapping[str, float] = field(default_factory=dict)


Arm = Callable[[float], Turn]
_Kind = Callable[..., Requests]
_Choice = Callable[..., Pairs]


class Load:
    """The arms of a scene; it counts what its server and its plain loop have acknowledged."""

    def __init__(self, scene: Scene, random: Random) -> None:
        self._scene = scene
        self._random = random
        self.acknowledged = 0
        self.written_plainly = 0

    def arms(self) -> dict[str, Arm]:
        """Return everybody who takes turns, by name."""
        arms: dict[str, Arm] = {
            SINGLE: partial(self._serve, requests.singles, requests.between_random),
            HOT: partial(self._serve, requests.singles, requests.into_one),
            BATCH: partial(self._serve, requests.batches, requests.between_random),
        }
        if self._scene.postgres is None:
            return arms | {
                PLAIN: partial(self._write_on_sqlite, 1),
                PLAIN_BATCH: partial(self._write_on_sqlite, requests.BATCH),
            }
        pgbench = Pgbench(self._scene.postgres, CLIENTS)
        # It takes whole seconds only.
        return arms | {
            PGBENCH: lambda seconds: Turn(pgbench.run(max(1, round(seconds)))),
            PLAIN: self._write_on_postgresql,
        }

    def read(self, pages: int) -> None:
        """Let every client read so many times."""
        clients = [
            requests.reads(self._scene.books, client, self._random, pages) for client in range(CLIENTS)
        ]
        wire.drive(self._scene.server.port, clients)

    def _serve(self, kind: _Kind, choice: _Choice, seconds: float) -> Turn:
        books = self._scene.books
        clients = [
            kind(books, client, choice(books, Random(self._random.random()))) for client in range(CLIENTS)
        ]
        before = self._cpu_s()
        answered = wire.drive(self._scene.server.port, clients, seconds)
        self.acknowledged += answered.transactions
        spent_s = {name: after - before[name] for name, after in self._cpu_s().items()}
        spent_s["client"] = answered.client_cpu_s
        count = answered.transactions
        return Turn(count / answered.seconds, {name: spent / count * 1e6 for name, spent in spent_s.items()})

    def _cpu_s(self) -> dict[str, float]:
        pids = {"server": self._scene.server.pid}
        if self._scene.postgres is not None:
            pids["database"] = self._scene.postgres.pid
        return {name: processes.cpu_s(pid) for name, pid in pids.items()}

    def _write_on_sqlite(self, per_commit: int, seconds: float) -> Turn:
        place, books = self._scene.plain_place, self._scene.plain_books
        return self._plainly(plain.write_on_sqlite(books, place, self._random, seconds, per_commit))

    def _write_on_postgresql(self, seconds: float) -> Turn:
        place, books = self._scene.plain_place, self._scene.plain_books
        return self._plainly(plain.write_on_postgresql(books, place, self._random, seconds, CLIENTS))

    def _plainly(self, written: plain.Written) -> Turn:
        self.written_plainly += written.transactions
        cpu_us = written.cpu_s / written.transactions * 1e6
        return Turn(written.transactions / written.seconds, {"client": cpu_us})


def take(arms: Mapping[str, Arm], rounds: int, seconds: float, random: Random) -> dict[str, list[Turn]]:
    """Let everybody take a turn of so many seconds in each round, once what needs warming up is warm."""
    for name in arms.keys() - {PGBENCH}:
        arms[name](seconds / 4)
    turns: dict[str, list[Turn]] = {name: [] for name in arms}
    for _ in range(rounds):
        for name in random.sample(sorted(arms), len(arms)):
            turns[name].append(arms[name](seconds))
    return turns


def typical(turns: Sequence[Turn]) -> dict[str, float]:
    """Return the medians of what the turns gave."""
    spenders = {name for turn in turns for name in turn.cpu_us}
    cpu = {f"{name}_cpu_us": median(turn.cpu_us[name] for turn in turns) for name in sorted(spenders)}
    return {"per_s": median(turn.rate for turn in turns), **cpu}
