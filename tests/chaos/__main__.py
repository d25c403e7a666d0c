"""Run the bank test and the terminations and print what they came to; exit 1 on a breach or a short count."""

from __future__ import annotations

import argparse
import shutil
import signal
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from tests.chaos import bank, ending
from tests.chaos.outcome import Outcome, table
from tests.databases import DIALECTS

# Of each kind of breach; one defect can make thousands.
SHOWN_MAX = 5


def main() -> int:
    """Run what the command line asks for."""
    # As Ctrl-C does: every `finally` runs, so no server is left behind.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(1))
    given = _arguments()
    logs = Path(tempfile.mkdtemp(prefix="myapp-chaos-logs-"))
    print(
        f"seed {given.seed}; the servers' logs are in {logs}, and stay there if anything is wrong", flush=True
    )
    outcomes = list(_runs(given, logs))
    print(table(outcomes))
    for outcome in outcomes:
        _tell(outcome)
    if not all(outcome.passed for outcome in outcomes):
        return 1
    shutil.rmtree(logs)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--database", choices=[*DIALECTS, "both"], default="both")
    parser.add_argument(
        "--seconds",
        type=float,
        default=30,
        help="of the bank test, on each database; up to 60 more until the counts are reached",
    )
    parser.add_argument("--kills", type=int, default=15, help="at least so many in the bank test")
    parser.add_argument("--acknowledged", type=int, default=3_000, help="at least so many in the bank test")
    parser.add_argument("--sigterms", type=int, default=5, help="terminations under load, on each database")
    parser.add_argument("--seed", type=int, default=1, help="of the kills and the transfers")
    return parser.parse_args()


def _runs(given: argparse.Namespace, logs: Path) -> Iterator[Outcome]:
    for dialect in DIALECTS if given.database == "both" else (given.database,):
        if given.seconds:
            print(f"bank test on {dialect} ...", flush=True)
            yield bank.run(dialect, given.seconds, given.kills, given.acknowledged, given.seed, logs)
        if given.sigterms:
            print(f"SIGTERM on {dialect} ...", flush=True)
            yield ending.run(dialect, given.sigterms, given.seed, logs)


def _tell(outcome: Outcome) -> None:
    for line in outcome.short:
        print(f"{outcome.run} on {outcome.database} fell short of its {line}")
    by_kind: dict[str, list[str]] = defaultdict(list)
    for line in outcome.breaches:
        by_kind[line.partition(":")[0]].append(line)
    for kind, lines in by_kind.items():
        print(f"{outcome.run} on {outcome.database} has {len(lines)} of the kind '{kind}', among them")
        print("\n".join(f"    {line}" for line in lines[:SHOWN_MAX]))


if __name__ == "__main__":
    sys.exit(main())
