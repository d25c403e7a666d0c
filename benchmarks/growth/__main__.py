"""Measure the rows about growth alone, and draw their curves: `python -m benchmarks.growth`."""

from benchmarks import report
from benchmarks.growth import plot
from benchmarks.growth.rows import ROWS

if __name__ == "__main__":
    report.publish(ROWS)
    plot.main()
