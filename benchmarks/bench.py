"""Measure every row of the table, print it, and write the figures below benchmarks/results/.

`python -m benchmarks.bench` does all of it, with `QUICK=1` in the environment in fewer rounds. A new row is
declared in the module that measures it, and that module's rows are added to `ROWS`.
"""

from __future__ import annotations

from benchmarks import report, request_cost
from benchmarks.figures import Row

ROWS: tuple[Row, ...] = (*request_cost.ROWS,)

if __name__ == "__main__":
    report.publish(ROWS)
