"""Measure every row of the table, print it, write the figures below benchmarks/results/, and plot them.

`python -m benchmarks.bench` does all of it, with `QUICK=1` in the environment in fewer rounds. A new row is
declared in the module that measures it, and that module's rows are added to `ROWS`.
"""

from __future__ import annotations

from pathlib import Path

from benchmarks import frameworks, imports, report, request_cost, throughput
from benchmarks.figures import Row
from benchmarks.growth import plot as curves
from benchmarks.growth import rows as growth

ROWS: tuple[Row, ...] = (
    *request_cost.ROWS,
    *frameworks.ROWS,
    *throughput.ROWS,
    *imports.ROWS,
    *growth.ROWS,
)

# The plot of all rows, for docs/performance.md.
PICTURE = Path(__file__).parents[1] / "docs" / "benchmarks.svg"

if __name__ == "__main__":
    report.publish(ROWS, PICTURE)
    curves.main()
