"""The plot: six small panels of bars, one pair of bars for each strategy, as SVG from string templates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Found = Mapping[str, Any]

NAMES: Mapping[str, str] = {
    "global": "global Session",
    "scoped_forgotten": "scoped, no remove()",
    "scoped_removed": "scoped, remove()",
    "per_function": "per function",
    "per_request": "per request",
    "ours": "myapp.db",
}
# Blue and orange stay apart for every common kind of colour blindness.
COLOURS: Mapping[str, str] = {"sqlite": "#2f6db3", "postgresql": "#d9822b"}
TITLES: Mapping[str, str] = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}

WIDTH, PANEL_WIDTH, PANEL_HEIGHT, TOP = 860, 420, 190, 64
LABEL_WIDTH, BAR_WIDTH, BAR_HEIGHT, STEP = 140, 210, 9, 25

_PAGE = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" \
aria-label="{label}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="#ffffff"/>
<text x="20" y="26" font-size="16" font-weight="bold">What went wrong, by where the Session comes from</text>
{legend}
{panels}
</svg>
"""
_TEXT = '<text x="{x}" y="{y}" {style}>{text}</text>'
_BAR = '<rect x="{x}" y="{y}" width="{width:.1f}" height="{height}" fill="{colour}"/>'


def _missing(style: str) -> Callable[[Found], int | None]:
    def missing(found: Found) -> int | None:
        updates = found["updates"][style]
        return None if updates is None else updates["sent"] - updates["held"]

    return missing


def _errors(found: Found) -> int:
    return sum(error["count"] for error in found["transfers"]["errors"])


PANELS: tuple[tuple[str, Callable[[Found], int | None], Callable[[Found], int]], ...] = (
    (
        "stale reads of {}, with a cached object",
        lambda found: int(found["staleness"]["cached"]),
        lambda found: int(found["staleness"]["reads"]),
    ),
    (
        "half-done changes durable in the end, of {}",
        lambda found: int(found["failures"]["half_left_after_next_commit"]),
        lambda found: int(found["failures"]["rounds"]),
    ),
    (
        "plain increments failed or lost, of {}",
        _missing("plain"),
        lambda found: int(found["updates"]["plain"]["sent"]),
    ),
    (
        "FOR UPDATE increments failed or lost, of {}",
        _missing("for_update"),
        lambda found: int(found["updates"]["plain"]["sent"]),
    ),
    (
        "unforeseen errors in {} transfers by threads",
        _errors,
        lambda found: int(found["transfers"]["sent"]),
    ),
    (
        "connections held when idle, {} threads",
        lambda found: int(found["connections"]["checked_out"]),
        lambda found: int(found["connections"]["threads"]),
    ),
)


def render(results: Mapping[str, Mapping[str, Found]]) -> str:
    """Return the plot; less is better in every panel, and every bar carries its number."""
    panels = "\n".join(_panel(index, results) for index in range(len(PANELS)))
    height = TOP + PANEL_HEIGHT * ((len(PANELS) + 1) // 2)
    label = "Bars of what went wrong with each strategy; the table on the page holds the same numbers"
    return _PAGE.format(width=WIDTH, height=height, label=label, legend=_legend(), panels=panels)


def _legend() -> str:
    marks = [_TEXT.format(x=20, y=46, style='fill="#555555"', text="less is better")]
    for index, (product, colour) in enumerate(COLOURS.items()):
        x = 130 + 90 * index
        marks.append(_BAR.format(x=x, y=37, width=10, height=10, colour=colour))
        marks.append(_TEXT.format(x=x + 15, y=46, style="", text=TITLES[product]))
    return "\n".join(marks)


def _panel(index: int, results: Mapping[str, Mapping[str, Found]]) -> str:
    title, value, most = PANELS[index]
    left, top = 20 + PANEL_WIDTH * (index % 2), TOP + PANEL_HEIGHT * (index // 2)
    full = most(results["sqlite"]["ours"])
    marks = [_TEXT.format(x=left, y=top + 14, style='font-weight="bold"', text=title.format(full))]
    for row, (name, label) in enumerate(NAMES.items()):
        y = top + 24 + STEP * row
        weight = "bold" if name == "ours" else "normal"
        style = f'text-anchor="end" font-weight="{weight}"'
        marks.append(_TEXT.format(x=left + LABEL_WIDTH - 8, y=y + 13, style=style, text=label))
        for place, product in enumerate(COLOURS):
            number = value(results[product][name])
            marks += _bar(left + LABEL_WIDTH, y + place * (BAR_HEIGHT + 1), number, full, COLOURS[product])
    return "\n".join(marks)


def _bar(x: int, y: int, number: int | None, full: int, colour: str) -> list[str]:
    if number is None:
        return [_TEXT.format(x=x + 4, y=y + 9, style='font-size="10" fill="#555555"', text="no such lock")]
    width = max(1.0, BAR_WIDTH * number / full)
    label = _TEXT.format(x=round(x + width + 4), y=y + 9, style='font-size="10"', text=number)
    return [_BAR.format(x=x, y=y, width=width, height=BAR_HEIGHT, colour=colour), label]
