"""How long `myapp import` of a long journal takes, against `hledger stats` of the same journal.

Both are commands, started anew for each turn, in random order, on the same 10,000 transactions. hledger reads
its own text and keeps nothing. We read what `hledger print -x -O json` has made of that text, the way in that
docs/journals.md tells, and write it into a migrated database that is empty. How long hledger takes to make it
is among the details, and no part of the figure. Afterwards, outside the clock, the books are verified and
counted: nothing is reported of an import that is not right.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from statistics import median, quantiles

from sqlalchemy import func, select

from benchmarks import report
from benchmarks.effort import SEED, Effort
from benchmarks.figures import Figure, Row
from benchmarks.journal import journal
from benchmarks.migrated import Migrated, migrated
from benchmarks.strategies.databases import Databases
from myapp.db import Mode, throwaway
from myapp.ledger import verifying
from myapp.ledger.tables import Transaction

TRANSACTIONS = 10_000
LEDGER = "books"

_INI = Path(__file__).parents[1] / "development.ini"
# A turn takes seconds, not milliseconds: few of them tell enough.
_TURNS_PER_ROUND = 1 / 8
_TURNS_MIN = 2


@dataclass(frozen=True)
class Spent:
    """What one command took: time on the wall, and CPU time of its processes."""

    wall_s: float
    cpu_s: float


@dataclass(frozen=True)
class Files:
    """One journal twice: as hledger's text, and as what hledger prints of it for others."""

    text: Path
    printed: Path
    transactions: int
    printing: Spent


def written(folder: Path, transactions: int) -> Files:
    """Write a journal of so many transactions into a new folder, and let hledger print it."""
    folder.mkdir()
    text, printed = folder / "household.journal", folder / "household.json"
    text.write_text(journal(transactions, SEED), "utf-8")
    printing = _run(["hledger", "-f", str(text), "print", "-x", "-O", "json", "-o", str(printed)])
    return Files(text, printed, transactions, printing)


def stats(files: Files) -> Spent:
    """Let hledger read the journal and tell about it."""
    return _run(["hledger", "-f", str(files.text), "stats"])


def imported(files: Files, databases: Migrated) -> Spent:
    """Import the journal with our command into an empty database.

    Raises:
        RuntimeError: the books are not green afterwards, or do not hold every transaction.
    """
    program = Path(sys.executable).with_name("myapp")
    command = [str(program), "import", str(files.printed), "--ledger", LEDGER, "-c", str(_INI)]
    with databases.fresh() as url:
        spent = _run(command, {"MYAPP_DATABASE_URL": url})
        _check(url, files.transactions)
    return spent


def _run(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Spent:
    # A developer's own MYAPP_ variables must not reach the command; names in the journal are not all ASCII.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("MYAPP_")}
    cpu_s, wall_s = _children_cpu_s(), time.perf_counter()
    subprocess.run(
        command,
        env={**inherited, "LC_ALL": "C.UTF-8", **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return Spent(time.perf_counter() - wall_s, _children_cpu_s() - cpu_s)


def _children_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _check(url: str, transactions: int) -> None:
    with throwaway(url, mode=Mode.READ) as session:
        counted = session.scalars(select(func.count()).select_from(Transaction)).one()
        verification = verifying.verify(session, LEDGER)
    if not verification.ok:
        raise RuntimeError("The books are wrong after the import.")
    if counted != transactions:
        raise RuntimeError(f"The books hold {counted} of {transactions} transactions.")


def compare(databases: Databases, effort: Effort, *, transactions: int) -> Figure:
    """Return how many times hledger's time the import of so many transactions takes."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="imports-")))
        fresh = stack.enter_context(migrated(databases.dialect))
        # The first turn of all reads programs from the disk and compiles them.
        few = written(folder / "few", 10)
        _turn(few, fresh, ["ours", "hledger"])
        files = written(folder / "all", transactions)
        random = Random(SEED)
        turns = max(_TURNS_MIN, round(effort.rounds * _TURNS_PER_ROUND))
        return _figure(
            [_turn(files, fresh, random.sample(["hledger", "ours"], 2)) for _ in range(turns)], files.printing
        )


def _turn(files: Files, databases: Migrated, order: Sequence[str]) -> dict[str, Spent]:
    measures = {"hledger": lambda: stats(files), "ours": lambda: imported(files, databases)}
    return {name: measures[name]() for name in order}


def _figure(turns: Sequence[Mapping[str, Spent]], printing: Spent) -> Figure:
    # Neighbours in time share the machine's busy minutes: hence the ratio of each turn, then their median.
    low, middle, high = quantiles([turn["ours"].wall_s / turn["hledger"].wall_s for turn in turns], n=4)
    details = {"hledger_print_ms": printing.wall_s * 1e3}
    for name in ("ours", "hledger"):
        details[f"{name}_ms"] = median(turn[name].wall_s for turn in turns) * 1e3
        details[f"{name}_cpu_ms"] = median(turn[name].cpu_s for turn in turns) * 1e3
    return Figure(middle, low, high, details)


ROWS = (
    Row(
        name="importing 10,000 transactions",
        opponent="hledger stats",
        results="imports",
        requirements=("SQLAlchemy", "psycopg", "msgspec", "click"),
        measure=partial(compare, transactions=TRANSACTIONS),
        reach=12.0,
        aim=5.0,
    ),
)

if __name__ == "__main__":
    report.publish(ROWS)
