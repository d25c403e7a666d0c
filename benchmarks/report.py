"""Measure rows, print their table, and keep what was found: one file for each name in `Row.results`."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.effort import FULL, SEED, Effort, effort_of
from benchmarks.figures import Measured, Row, as_data, render
from benchmarks.strategies.databases import Databases, postgres_databases, sqlite_databases

RESULTS = Path(__file__).parent / "results"


def publish(rows: Sequence[Row]) -> None:
    """Measure with the effort that the environment asks for, print the table and write the files.

    A quick run writes nothing: its figures are too rough to be kept in place of a whole run's.
    """
    effort = effort_of(os.environ)
    began_s = time.monotonic()
    with ExitStack() as stack:
        products = [stack.enter_context(sqlite_databases()), stack.enter_context(postgres_databases())]
        measured = list(measure(rows, products, effort))
        servers = {databases.dialect: databases.version for databases in products}
    print(render(measured))
    print(f"{time.monotonic() - began_s:.0f} seconds")
    if effort == FULL:
        _write(measured, servers, effort)


def measure(rows: Sequence[Row], products: Sequence[Databases], effort: Effort) -> Iterator[Measured]:
    """Yield the figure of each row on each of its products."""
    for row in rows:
        for databases in products:
            if databases.dialect in row.products:
                yield row, databases.dialect, row.measure(databases, effort)


def as_report(measured: Sequence[Measured], servers: dict[str, str], effort: Effort) -> dict[str, Any]:
    """Return what a results file says: how it came about, the versions, and the figures."""
    packages = sorted({name for row, _, _ in measured for name in row.requirements})
    versions = {"Python": platform.python_version(), **servers, **{name: version(name) for name in packages}}
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
        print(f"wrote {path.relative_to(RESULTS.parents[1])}")
