"""The table of `make bench`: a row is one declaration, and a figure is what measuring it gave."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.effort import Effort
from benchmarks.strategies.databases import Databases

# Written out, because a reader of source code would take the sign for the letter.
TIMES = "\N{MULTIPLICATION SIGN}"


@dataclass(frozen=True)
class Figure:
    """A number with the middle half of what the rounds gave, and what it was computed from."""

    value: float
    low: float
    high: float
    details: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Row:
    """One claim: `measure` compares us with `opponent` on one product; a row without reach only informs.

    `results` names the file below benchmarks/results/ that keeps its figures, `requirements` the
    distributions whose versions it tells.
    """

    name: str
    opponent: str
    results: str
    measure: Callable[[Databases, Effort], Figure]
    requirements: Sequence[str]
    reach: float | None = None
    aim: float | None = None
    products: Sequence[str] = ("sqlite", "postgresql")
    less_is_better: bool = True
    unit: str = TIMES

    def verdict(self, value: float) -> str:
        """Say how far a value gets."""
        if self._meets(value, self.aim):
            return "aim"
        if self._meets(value, self.reach):
            return "reach"
        return "informative" if self.reach is None else "missed"

    def bound(self, limit: float | None) -> str:
        """Write a limit as the table shows it."""
        if limit is None:
            return "-"
        return f"{'≤' if self.less_is_better else '≥'} {limit:g} {self.unit}"

    def _meets(self, value: float, limit: float | None) -> bool:
        if limit is None:
            return False
        return value <= limit if self.less_is_better else value >= limit


Measured = tuple[Row, str, Figure]

HEADINGS = ("what", "database", "against", "figure", "middle half", "reach", "aim", "gets")


def render(measured: Iterable[Measured]) -> str:
    """Return the table as text, its columns aligned."""
    lines = [HEADINGS, *(_cells(*each) for each in measured)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def _cells(row: Row, product: str, figure: Figure) -> tuple[str, ...]:
    return (
        row.name,
        product,
        row.opponent,
        f"{figure.value:.2f} {row.unit}",
        f"{figure.low:.2f} to {figure.high:.2f}",
        row.bound(row.reach),
        row.bound(row.aim),
        row.verdict(figure.value),
    )


def as_data(row: Row, product: str, figure: Figure) -> dict[str, object]:
    """Return what the results file keeps of one figure."""
    return {
        "name": row.name,
        "database": product,
        "opponent": row.opponent,
        "value": round(figure.value, 3),
        "low": round(figure.low, 3),
        "high": round(figure.high, 3),
        "unit": row.unit,
        "reach": row.reach,
        "aim": row.aim,
        "gets": row.verdict(figure.value),
        "details": {name: round(number, 1) for name, number in figure.details.items()},
    }
