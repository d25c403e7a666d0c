"""Four ways to serve one application on two cores: requests a second, and whom slow clients stop.

`python -m benchmarks.servers` prints the table of docs/decisions/0021-processes.md. granian is in no
requirements of ours; where it is not installed, its line is left out.
"""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

from benchmarks.effort import SEED
from benchmarks.opponents import ours
from benchmarks.served.client import HOST, answers_per_s
from benchmarks.served.contenders import OUR_SCRIPTS, ROOT, THREADS, WORKERS, Command, Contender
from benchmarks.served.questions import QUESTIONS
from benchmarks.served.stands import Stand, served_at_once
from benchmarks.strategies.databases import Databases, postgres_databases, sqlite_databases

ROUNDS = 4
TURN_S = 1.5
WARM_UP_S = 1.0
# More than any of them has threads.
SLOW_CLIENTS = 40
OTHERS = 10
PATIENCE_S = 5.0
POLL_S = 0.05
HALF_A_REQUEST = b"POST /notes HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\n{"

_APPLICATION = "benchmarks.servers:application"


def application() -> Any:
    """Make the application for servers that know no ini file, with the same pool."""
    return ours.main({}, **{"sqlalchemy.pool_size": "12", "sqlalchemy.max_overflow": "0"})


def _pserve(processes: int) -> Command:
    ini = ROOT / "benchmarks" / "opponents" / "ours.ini"
    return lambda port: [OUR_SCRIPTS / "pserve", ini, f"port={port}", f"processes={processes}"]


def _gunicorn(port: int) -> Sequence[str | Path]:
    options = f"--workers {WORKERS} --threads {THREADS} --no-control-socket --bind {HOST}:{port}"
    return [OUR_SCRIPTS / "gunicorn", *options.split(), f"{_APPLICATION}()"]


def _granian(port: int) -> Sequence[str | Path]:
    options = f"--interface wsgi --workers {WORKERS} --blocking-threads {THREADS} --http 1 --no-ws"
    return [OUR_SCRIPTS / "granian", *options.split(), "--port", str(port), "--factory", _APPLICATION]


SERVERS = (
    Contender("waitress, 1 process", _pserve(1), ("waitress",)),
    Contender("waitress, 2 processes", _pserve(WORKERS), ("waitress", "gunicorn")),
    Contender("gunicorn's threads, 2 processes", _gunicorn, ("gunicorn",)),
    Contender("granian, 2 processes", _granian, ("granian",)),
)


def measure(
    databases: Databases, turn_s: float = TURN_S, rounds: int = ROUNDS
) -> Mapping[str, Sequence[str]]:
    """Return each server's reads and inserts a second, and how many others it serves beside slow clients."""
    installed = [each for each in SERVERS if Path(each.command(0)[0]).exists()]
    with served_at_once(databases, installed) as stands:
        rates = {work: _rates(stands, work, turn_s, rounds) for work in QUESTIONS}
        return {
            stand.name: [*(f"{median(each[stand.name]):.0f}" for each in rates.values()), _patience(stand)]
            for stand in stands
        }


def _rates(stands: Sequence[Stand], work: str, turn_s: float, rounds: int) -> dict[str, list[float]]:
    random = Random(SEED)
    rates: dict[str, list[float]] = {stand.name: [] for stand in stands}
    for stand in stands:
        answers_per_s(stand.port, stand.questions[work], WARM_UP_S)
    for _ in range(rounds):
        for stand in random.sample(stands, len(stands)):
            rates[stand.name].append(answers_per_s(stand.port, stand.questions[work], turn_s))
    return rates


def _patience(stand: Stand) -> str:
    with ExitStack() as stack:
        for _ in range(SLOW_CLIENTS):
            slow = stack.enter_context(socket.create_connection((HOST, stand.port)))
            slow.sendall(HALF_A_REQUEST)
        others = [stack.enter_context(socket.create_connection((HOST, stand.port))) for _ in range(OTHERS)]
        for other in others:
            other.sendall(next(stand.questions["read"]))
        answered, _, _ = select.select(others, [], [], 0)
        deadline_s = time.monotonic() + PATIENCE_S
        while len(answered) < OTHERS and time.monotonic() < deadline_s:
            time.sleep(POLL_S)
            answered, _, _ = select.select(others, [], [], 0)
        return f"{len(answered)} of {OTHERS} served"


if __name__ == "__main__":
    print("| server | database | reads/s | inserts/s | beside 40 slow clients |")
    print("|---|---|---|---|---|")
    for make in (sqlite_databases, lambda: postgres_databases(durable=True)):
        with make() as databases:
            for name, cells in measure(databases, TURN_S, ROUNDS).items():
                print(f"| {name} | {databases.dialect} | {' | '.join(cells)} |", flush=True)
