"""Measure rows, print their table, keep what was found: a file for each name in `Row.results`, and a plot."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks import plot
from benchmarks.effort import FULL, SEED, Effort, effort_of
from benchmarks.figures import Measured, Row, as_data, render
from benchmarks.strategies.databases import Databases, postgres_databases, sqlite_databases
from benchmarks.versions import versions_of

RESULTS = Path(__file__).parent / "results"


def publish(rows: Sequence[Row], picture: Path | None = None) -> None:
    """Measure with the effort that the environment asks for, print the table and write the files.

    A quick run writes nothing: its figures are too rough to be kept in place of a whole run's. `picture` is
    the file for the plot of everything that was measured.
    """
    effort = effort_of(os.environ)
    began_s = time.monotonic()
    with ExitStack() as stack:
        # Durable, as SQLite is with everybody who is measured: a commit waits for the disk.
        postgres = postgres_databases(durable=True)
        products: list[Databases] = [stack.enter_context(sqlite_databases()), stack.enter_context(postgres)]
        measured = list(measure(rows, products, effort))
        servers = {databases.dialect: databases.version for databases in products}
    print(render(measured))
    print(f"{time.monotonic() - began_s:.0f} seconds")
    if effort == FULL:
        _write(measured, servers, effort)
        if picture is not None:
            _draw(measured, picture)


def measure(rows: Sequence[Row], products: Sequence[Databases], effort: Effort) -> Iterator[Measured]:
    """Yield the figure of each row on each of its products."""
    for row in rows:
        for databases in products:
            if databases.dialect in row.products:
                yield row, databases.dialect, row.measure(databases, effort)


def as_report(measured: Sequence[Measured], servers: dict[str, str], effort: Effort) -> dict[str, Any]:
    """Return what a results file says: how it came about, the versions, and the figures."""
    packages = [name for row, _, _ in measured for name in row.requirements]
    versions = {"Python": platform.python_version(), **servers, **versions_of(packages)}
    return {
        "command": "make bench",
        "seed": SEED,
        "effort": asdict(effort),
        "versions": versions,
        "figures": [as_data(*each) for each in measured],
    }


def _write(measured: Sequence[Measured], servers: dict[str, str], effort: Effort) -> None:
    for name in dict.fromkeys(row.results for row, _, _ in measured):
        kept = [each for each in measured if each[0].results == name]
        path = RESULTS / f"{name}.json"
        path.write_text(json.dumps(as_report(kept, servers, effort), indent=1) + "\n")
        _say(path)


def _draw(measured: Sequence[Measured], picture: Path) -> None:
    picture.write_text(plot.render(measured))
    _say(picture)


def _say(path: Path) -> None:
    print(f"wrote {path.relative_to(RESULTS.parents[1])}")
