"""The plot: a small panel for each kind of request, milliseconds over the size of the books, as SVG.

`python -m benchmarks.growth.plot` draws docs/growth.svg from benchmarks/results/growth.json.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.strategies.plot import COLOURS, TITLES

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "benchmarks" / "results" / "growth.json"
PLOT = ROOT / "docs" / "growth.svg"

COLUMNS, PANEL_WIDTH, PANEL_HEIGHT, LEFT, TOP = 3, 280, 170, 20, 64
CHART_LEFT, CHART_TOP, CHART_WIDTH, CHART_HEIGHT = 36, 26, 210, 100
# Above the highest value, so that its label has a place.
_ROOM = 1.25
_TITLE = "Milliseconds of a request, by postings in the books"
_SIZE = re.compile(r"at_(\d+)_us")

_PAGE = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" \
aria-label="{label}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="#ffffff"/>
<text x="20" y="26" font-size="16" font-weight="bold">{title}</text>
{legend}
{panels}
</svg>
"""
_TEXT = '<text x="{x:.1f}" y="{y:.1f}" {style}>{text}</text>'
_LINE = '<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="{width}"/>'
_DOT = '<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{colour}"/>'
_SMALL = 'font-size="10" fill="#555555"'

# By kind of request, then by product: size and milliseconds, smallest first.
Curves = Mapping[str, Mapping[str, Sequence[tuple[int, float]]]]


def curves_of(report: Mapping[str, Any]) -> Curves:
    """Return the curves in a results file."""
    curves: dict[str, dict[str, list[tuple[int, float]]]] = {}
    for figure in report["figures"]:
        sizes = ((_SIZE.fullmatch(name), taken_us) for name, taken_us in figure["details"].items())
        points = sorted((int(match[1]), taken_us / 1_000) for match, taken_us in sizes if match)
        if points:
            curves.setdefault(figure["name"], {})[figure["database"]] = points
    return curves


def render(report: Mapping[str, Any]) -> str:
    """Return the plot; lower is better, and flat is the promise."""
    curves = curves_of(report)
    rows = -(-len(curves) // COLUMNS)
    panels = "\n".join(_panel(index, name, curves[name]) for index, name in enumerate(curves))
    width, height = 2 * LEFT + COLUMNS * PANEL_WIDTH, TOP + rows * PANEL_HEIGHT
    label = (
        "Curves of how long each kind of request takes as the books grow; the results file has the numbers"
    )
    return _PAGE.format(
        width=width, height=height, label=label, title=_TITLE, legend=_legend(), panels=panels
    )


def _legend() -> str:
    marks = []
    for index, (product, colour) in enumerate(COLOURS.items()):
        x = LEFT + 100 * index
        marks.append(_DOT.format(x=x + 4, y=42, colour=colour))
        marks.append(_TEXT.format(x=x + 14, y=46, style="", text=TITLES[product]))
    return "\n".join(marks)


def _panel(index: int, name: str, by_product: Mapping[str, Sequence[tuple[int, float]]]) -> str:
    left = LEFT + PANEL_WIDTH * (index % COLUMNS)
    top = TOP + PANEL_HEIGHT * (index // COLUMNS)
    title = name.partition(", largest books")[0]
    marks = [_TEXT.format(x=left, y=top + 14, style='font-weight="bold"', text=title)]
    most = _ROOM * max(taken_ms for points in by_product.values() for _, taken_ms in points)
    marks += _axes(left + CHART_LEFT, top + CHART_TOP, most, next(iter(by_product.values())))
    for product, points in by_product.items():
        places = [_place(left, top, point, points, most) for point in points]
        marks += _curve(places, points, COLOURS[product])
    return "\n".join(marks)


def _place(
    left: int, top: int, point: tuple[int, float], points: Sequence[tuple[int, float]], most: float
) -> tuple[float, float]:
    x = left + CHART_LEFT + CHART_WIDTH * _share(point[0], points)
    return x, top + CHART_TOP + CHART_HEIGHT * (1 - point[1] / most)


def _share(size: int, points: Sequence[tuple[int, float]]) -> float:
    first, last = points[0][0], points[-1][0]
    return math.log(size / first) / math.log(last / first) if last > first else 0.0


def _axes(x: int, y: int, most: float, points: Sequence[tuple[int, float]]) -> list[str]:
    bottom = y + CHART_HEIGHT
    corner = f"{x},{y} {x},{bottom} {x + CHART_WIDTH},{bottom}"
    marks = [_LINE.format(points=corner, colour="#999999", width=1)]
    for share in (0, 0.5, 1):
        style = f'text-anchor="end" {_SMALL}'
        value = f"{share * most:.3g}"
        marks.append(_TEXT.format(x=x - 4, y=bottom - share * CHART_HEIGHT + 3, style=style, text=value))
    for size, _ in points:
        place = x + CHART_WIDTH * _share(size, points)
        style = f'text-anchor="middle" {_SMALL}'
        marks.append(_TEXT.format(x=place, y=bottom + 13, style=style, text=f"{size:,}"))
    return marks


def _curve(
    places: Sequence[tuple[float, float]], points: Sequence[tuple[int, float]], colour: str
) -> list[str]:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    marks = [_LINE.format(points=path, colour=colour, width=1.5)]
    marks += [_DOT.format(x=x, y=y, colour=colour) for x, y in places]
    (x, y), (_, taken_ms) = places[-1], points[-1]
    label = _TEXT.format(x=x + 5, y=y - 4, style=f'font-size="10" fill="{colour}"', text=f"{taken_ms:.3g}")
    return [*marks, label]


def main() -> None:
    """Draw what the last whole run has found."""
    PLOT.write_text(render(json.loads(RESULTS.read_text())))


if __name__ == "__main__":
    main()
