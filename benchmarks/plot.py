"""The plot of the table: a bar for each promised figure, with its reach and its aim, as SVG.

Every claim has a scale of its own, because their units have nothing in common; whether more is better or
less, the signs at its limits say. Rows that only inform are left to the table.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from xml.sax.saxutils import escape

from benchmarks.figures import Figure, Measured, Row
from benchmarks.strategies.plot import COLOURS, TITLES

WIDTH, TOP, LEFT = 860, 74, 20
TEXT_WIDTH, BAR_WIDTH = 330, 340
BAR_HEIGHT, BAR_STEP, CLAIM_GAP = 12, 17, 22
MISSED = "#b3261e"

_PAGE = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" \
aria-label="{label}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="#ffffff"/>
<text x="20" y="26" font-size="16" font-weight="bold">What was promised, and what was measured</text>
{marks}
</svg>
"""
_TEXT = '<text x="{x:.0f}" y="{y}" {style}>{text}</text>'
_BAR = '<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{height}" fill="{colour}"/>'
_LINE = '<line x1="{x1:.1f}" y1="{y1}" x2="{x2:.1f}" y2="{y2}" stroke="#222222" {style}/>'
_DASHED = 'stroke-dasharray="4 3"'
_SMALL = 'font-size="10" fill="#555555"'

# The figures of one claim: the same row on one database or both.
Claim = Sequence[Measured]


def render(measured: Iterable[Measured]) -> str:
    """Return the plot of what was measured; every bar carries its number."""
    promised = [each for each in measured if each[0].reach is not None]
    claims = [list(claim) for _, claim in groupby(promised, key=lambda each: id(each[0]))]
    marks, y = _legend(), TOP
    for claim in claims:
        marks += _claim(claim, y)
        y += _height(claim)
    label = "Bars of the figures with their reach and aim; benchmarks/results holds the same numbers"
    return _PAGE.format(width=WIDTH, height=y, label=label, marks="\n".join(marks))


def _legend() -> list[str]:
    marks = []
    for index, (product, colour) in enumerate(COLOURS.items()):
        x = LEFT + 90 * index
        marks.append(_BAR.format(x=x, y=41, width=10, height=10, colour=colour))
        marks.append(_text(x + 15, 50, TITLES[product]))
    for x, style, text in ((220, _DASHED, "reach"), (300, "", "aim")):
        marks.append(_LINE.format(x1=x, y1=40, x2=x, y2=52, style=style))
        marks.append(_text(x + 6, 50, text))
    marks.append(_LINE.format(x1=370, y1=46, x2=390, y2=46, style=""))
    marks.append(_text(396, 50, "the middle half of the rounds"))
    return marks


def _claim(claim: Claim, y: int) -> list[str]:
    row = claim[0][0]
    full = max(number for each in claim for number in _numbers(*each))
    bottom = y + BAR_STEP * len(claim)
    marks = [_text(LEFT, y + 10, row.name, 'font-weight="bold"'), _text(LEFT, y + 25, row.opponent, _SMALL)]
    for place, (_, product, figure) in enumerate(claim):
        marks += _bar(row, figure, y + BAR_STEP * place, full, COLOURS[product])
    for limit, style in ((row.reach, _DASHED), (row.aim, "")):
        if limit is not None:
            x = _x(limit, full)
            marks.append(_LINE.format(x1=x, y1=y - 3, x2=x, y2=bottom, style=style))
            anchor = f'{_SMALL} text-anchor="{_anchor(row, limit)}"'
            marks.append(_text(x, bottom + 9, row.bound(limit), anchor))
    return marks


def _bar(row: Row, figure: Figure, y: int, full: float, colour: str) -> list[str]:
    middle = y + BAR_HEIGHT // 2
    verdict = row.verdict(figure.value)
    style = f'fill="{MISSED}" font-weight="bold"' if verdict == "missed" else ""
    label = f"{figure.value:.2f} {row.unit}: {verdict}"
    return [
        _BAR.format(
            x=_x(0, full), y=y, width=_x(figure.value, full) - _x(0, full), height=BAR_HEIGHT, colour=colour
        ),
        _LINE.format(x1=_x(figure.low, full), y1=middle, x2=_x(figure.high, full), y2=middle, style=""),
        _text(LEFT + TEXT_WIDTH + BAR_WIDTH + 12, y + 10, label, style),
    ]


def _numbers(row: Row, product: str, figure: Figure) -> list[float]:
    return [figure.value, figure.high, *(limit for limit in (row.reach, row.aim) if limit is not None)]


def _height(claim: Claim) -> int:
    # A claim on one database still has two lines of words.
    return BAR_STEP * max(2, len(claim)) + CLAIM_GAP


def _anchor(row: Row, limit: float) -> str:
    # The two limits' words stand on the outer sides of their lines, so that they never cross.
    limits = [each for each in (row.reach, row.aim) if each is not None]
    return "end" if len(limits) == 2 and limit == min(limits) else "start"


def _x(number: float, full: float) -> float:
    return LEFT + TEXT_WIDTH + BAR_WIDTH * number / full


def _text(x: float, y: int, text: str, style: str = "") -> str:
    return _TEXT.format(x=x, y=y, style=style, text=escape(text))
