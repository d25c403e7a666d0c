"""Measure six ways to get a Session and to end it, and write the numbers into the documentation.

`make strategies` runs it: benchmarks/results/session_strategies.json, the tables in
docs/session-per-request.md and the plot docs/session-strategies.svg are its output.
"""

from __future__ import annotations

import json
import logging
import platform
import time
import warnings
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sqlalchemy.exc import SAWarning

from benchmarks.strategies import page, plot
from benchmarks.strategies.databases import postgres_databases, sqlite_databases
from benchmarks.strategies.measure import measure_all
from benchmarks.strategies.scale import FULL, SEED

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "session_strategies.json"
PAGE = ROOT / "docs" / "session-per-request.md"
PLOT = ROOT / "docs" / "session-strategies.svg"

PACKAGES = ("SQLAlchemy", "zope.sqlalchemy", "pyramid", "pyramid_tm", "psycopg")


def main() -> None:
    """Measure on both products, then write the results, the page and the plot."""
    # A strategy that leaves its connections in disorder makes SQLAlchemy log it and warn, again and again.
    logging.disable(logging.ERROR)
    warnings.simplefilter("ignore", SAWarning)
    report = run()
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(report, indent=1) + "\n")
    PAGE.write_text(page.fill(PAGE.read_text(), report))
    PLOT.write_text(plot.render(report["results"]))
    written = ", ".join(str(path.relative_to(ROOT)) for path in (RESULTS, PAGE, PLOT))
    print(f"{report['seconds']} seconds; wrote {written}")


def run() -> dict[str, Any]:
    """Return the versions, the sizes and everything that was measured."""
    began_s = time.monotonic()
    with sqlite_databases() as sqlite, postgres_databases() as postgresql:
        products = (sqlite, postgresql)
        results = {databases.dialect: measure_all(databases, FULL) for databases in products}
        versions = {"SQLite": sqlite.version, "PostgreSQL": postgresql.version, **_versions()}
    seconds = round(time.monotonic() - began_s)
    return {
        "command": "make strategies",
        "seconds": seconds,
        "seed": SEED,
        "scale": asdict(FULL),
        "versions": versions,
        "results": results,
    }


def _versions() -> dict[str, str]:
    return {"Python": platform.python_version(), **{name: version(name) for name in PACKAGES}}


if __name__ == "__main__":
    main()
