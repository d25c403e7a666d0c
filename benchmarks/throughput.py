"""Transactions a second of the ledger as it is served, against its limits; and what memory a worker takes.

The server is `pserve production.ini` on a durable database, on the loopback, with keys and limits on. One
cheap process sends for eight clients, each with its own key, so that nobody meets the limit of 1,000
requests a second a key, and waits for each answer before it sends the next request; every request has its
own idempotency key, in a batch every item. The opponents have the same machine, alone, in turns.
Whatever was measured counts only if `verify` then finds the books right, and if they hold exactly the
transactions that were acknowledged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from random import Random
from statistics import quantiles

from benchmarks import report
from benchmarks.effort import FULL, SEED, Effort
from benchmarks.figures import Figure, Row
from benchmarks.load import books, processes, requests, turns
from benchmarks.load.scene import set_up
from benchmarks.load.turns import BATCH, HOT, PGBENCH, PLAIN, PLAIN_BATCH, SINGLE, Load, Turn
from benchmarks.strategies.databases import Databases

REQUIREMENTS = ("pyramid", "SQLAlchemy", "psycopg", "waitress", "msgspec")


@dataclass(frozen=True)
class Pace:
    """The sizes of a run: accounts, rounds, seconds of a turn, and the pages each client reads at the end."""

    accounts: int
    rounds: int
    turn_s: float
    pages: int


_WHOLE = Pace(accounts=10_000, rounds=7, turn_s=3.0, pages=300)
_SHORT = Pace(accounts=2_000, rounds=2, turn_s=0.5, pages=25)


@dataclass(frozen=True)
class Run:
    """What a run on one product gave: each one's turns, in order, and the memory of each worker in MiB."""

    turns: Mapping[str, Sequence[Turn]]
    resident_mib: Sequence[float]
    idle_mib: Sequence[float]


def run(dialect: str, pace: Pace) -> Run:
    """Measure everything on one product.

    Raises:
        RuntimeError: a request failed, or the books are not what was acknowledged.
    """
    random = Random(SEED)
    with set_up(dialect, pace.accounts) as scene:
        idle_mib = [processes.resident_mib(pid) for pid in scene.server.workers()]
        load = Load(scene, random)
        taken = turns.take(load.arms(), pace.rounds, pace.turn_s, random)
        load.read(pace.pages)
        resident_mib = [processes.resident_mib(pid) for pid in scene.server.workers()]
        books.check(scene.books, load.acknowledged)
        books.check(scene.plain_books, load.written_plainly)
    return Run(taken, resident_mib, idle_mib)


@cache
def _measured(dialect: str, effort: Effort) -> Run:
    # Every row of a product is of the same run, because everybody takes turns with everybody.
    return run(dialect, _WHOLE if effort == FULL else _SHORT)


def compare(databases: Databases, effort: Effort, *, ours: str, opponent: str) -> Figure:
    """Return how many times as many transactions a second we do as the opponent."""
    taken = _measured(databases.dialect, effort).turns
    # The turns of one round are neighbours in time, so the machine's moods touch both alike.
    pairs = zip(taken[ours], taken[opponent], strict=True)
    low, middle, high = quantiles([one.rate / other.rate for one, other in pairs], n=4, method="inclusive")
    details = {
        f"{name}_{what}": value
        for name in (ours, opponent)
        for what, value in turns.typical(taken[name]).items()
    }
    return Figure(middle, low, high, details)


def memory(databases: Databases, effort: Effort) -> Figure:
    """Return the resident memory of the largest worker after all its turns, in MiB."""
    measured = _measured(databases.dialect, effort)
    resident = measured.resident_mib
    details = {"workers": float(len(resident)), "idle_mib": max(measured.idle_mib)}
    return Figure(max(resident), min(resident), max(resident), details)


def _row(name: str, opponent: str, ours: str, theirs: str, products: str, *bounds: float) -> Row:
    reach, aim = bounds or (None, None)
    return Row(
        name=name,
        opponent=opponent,
        results="throughput",
        measure=partial(compare, ours=ours, opponent=theirs),
        requirements=REQUIREMENTS,
        reach=reach,
        aim=aim,
        products=products.split(),
        less_is_better=False,
    )


_ONE = "one POST of a transaction, per s"
_MANY = f"batches of {requests.BATCH}, transactions per s"
_HOT = "POST to one hot account, per s"

ROWS = (
    _row(_ONE, "pgbench TPC-B, 8 clients", SINGLE, PGBENCH, "postgresql", 0.3, 0.6),
    _row(_MANY, "pgbench TPC-B, 8 clients", BATCH, PGBENCH, "postgresql", 2, 4),
    _row(_ONE, "plain sqlite3, one process", SINGLE, PLAIN, "sqlite", 0.3, 0.6),
    _row(_MANY, f"plain sqlite3, {requests.BATCH} a commit", BATCH, PLAIN_BATCH, "sqlite", 0.5, 0.8),
    _row(_ONE, "plain psycopg, 8 threads", SINGLE, PLAIN, "postgresql"),
    _row(_HOT, "POST to random accounts", HOT, SINGLE, "sqlite postgresql", 0.5, 0.8),
    Row(
        name="a worker's resident memory, warm",
        opponent="-",
        results="throughput",
        measure=memory,
        requirements=REQUIREMENTS,
        reach=110,
        aim=80,
        unit="MiB",
    ),
)

if __name__ == "__main__":
    report.publish(ROWS)
