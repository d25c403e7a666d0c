"""The long tier: `python -m tests.faults` tries every fault on every route, and with `--pairs` two at a time.

Nothing is left out here for the sake of time. It ends with 1 if anything was bad.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path

from myapp.api.route import Route
from myapp.schema import upgrade
from tests.databases import DIALECTS, Database, sqlite_database
from tests.faults import examples
from tests.faults.ledger import ledger_stage, ledger_trial
from tests.faults.stage import Rehearsal
from tests.faults.sweep import Plan, Tally, faults_at, plans, sweep
from tests.postgres import PostgresServer


def pairs(dialect: str, rehearsal: Rehearsal, draw: random.Random, count: int) -> Iterator[Plan]:
    """Yield so many plans of two faults; the second is counted from the first, so it may never happen."""
    faults = list(faults_at(dialect, rehearsal.warm))
    for _ in range(count if faults else 0):
        yield Plan((draw.choice(faults), draw.choice(faults)))


def trial_of(database: Database, route: Route, draw: random.Random, pairs_count: int) -> Tally:
    """Try a route with a key and without one, on a database of its own."""
    tally = Tally()
    stage, ids = ledger_stage(database)
    with stage:
        for with_key in (True, False) if route.method == "POST" else (False,):
            trial = ledger_trial(stage, ids, route, with_key=with_key)
            rehearsal = stage.rehearse(trial.exchange, trial.look)
            wanted = (
                pairs(database.dialect, rehearsal, draw, pairs_count)
                if pairs_count
                else plans(database.dialect, rehearsal)
            )
            tally.add(sweep(trial, rehearsal, wanted))
    return tally


@contextmanager
def fresh_databases(dialects: list[str], folder: Path) -> Iterator[Iterator[tuple[str, Database]]]:
    """Give migrated databases one after the other: for every route, one on each of the products."""
    # The account that runs the server for root must be able to enter the folder.
    folder.chmod(0o755)
    server = PostgresServer.start(folder / "server") if "postgresql" in dialects else None
    try:
        yield _databases(dialects, folder, server)
    finally:
        if server is not None:
            server.stop()


def _databases(
    dialects: list[str], folder: Path, server: PostgresServer | None
) -> Iterator[tuple[str, Database]]:
    for number, dialect in product(range(10_000), dialects):
        if dialect == "sqlite" or server is None:
            database = sqlite_database(folder / f"{number}.sqlite")
        else:
            server.create_database(f"faults_{number}", None)
            database = Database(dialect, server.url(f"faults_{number}"))
        upgrade(database.url)
        yield dialect, database


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--pairs", type=int, default=0, metavar="N", help="N random pairs a route instead")
    parser.add_argument("--database", choices=DIALECTS, help="one product alone")
    parser.add_argument("--route", default="", help="only routes whose method and path contain this")
    parser.add_argument("--seed", type=int, default=None, help="which pairs; printed by every run")
    return parser.parse_args()


def main() -> int:
    """Run, print a line for each route, and return the exit status."""
    given = arguments()
    seed = random.SystemRandom().randrange(1_000_000) if given.seed is None else given.seed
    print(f"seed {seed}")
    draw, total = random.Random(seed), Tally()
    dialects = [given.database] if given.database else list(DIALECTS)
    routes = [route for route in examples.WRITING + examples.READING if given.route in examples.name(route)]
    with (
        tempfile.TemporaryDirectory(prefix="myapp-faults-") as folder,
        fresh_databases(dialects, Path(folder)) as databases,
    ):
        for route, _ in product(routes, dialects):
            dialect, database = next(databases)
            started = time.monotonic()
            tally = trial_of(database, route, draw, given.pairs)
            say(f"{dialect:10} {examples.name(route)}", tally, time.monotonic() - started)
            total.add(tally)
    print(f"{total.injections} faults injected: {dict(total.kinds)}; {len(total.bad)} bad")
    return 1 if total.bad or not total.injections else 0


def say(what: str, tally: Tally, seconds: float) -> None:
    """Print what came of a route's trial."""
    answers = ", ".join(f"{count} of {answer}" for answer, count in sorted(tally.answers.items()))
    lines = [f"{what}: {tally.injections} faults in {seconds:.0f} s; {answers}"]
    print("\n    BAD ".join([*lines, *tally.bad]), flush=True)


if __name__ == "__main__":
    sys.exit(main())
