"""The plot of the table: every promised figure has a bar with its number, at the right place."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

from benchmarks.figures import TIMES, Figure, Measured, Row
from benchmarks.plot import MISSED, render
from benchmarks.strategies.plot import COLOURS

SVG = "{http://www.w3.org/2000/svg}"

ROW = Row(
    name="a row & more",
    opponent="somebody",
    results="nowhere",
    measure=lambda databases, effort: Figure(1.0, 1.0, 1.0),
    requirements=(),
    reach=1.0,
    aim=2.0,
    less_is_better=False,
)


def test_a_bar_is_as_long_as_its_figure_and_says_what_it_gets() -> None:
    drawn = _bars(_both(ROW, 1.0, 2.0))
    assert drawn["postgresql"] == 2 * drawn["sqlite"]
    assert {f"1.00 {TIMES}: reach", f"2.00 {TIMES}: aim"} <= _texts(_both(ROW, 1.0, 2.0))


def test_limits_are_marked_with_the_side_that_is_better() -> None:
    assert {f"≥ 1 {TIMES}", f"≥ 2 {TIMES}"} <= _texts(_both(ROW, 1.0, 2.0))
    less = replace(ROW, reach=2.0, aim=1.0, less_is_better=True)
    assert {f"≤ 1 {TIMES}", f"≤ 2 {TIMES}"} <= _texts(_both(less, 1.0, 2.0))


def test_what_was_missed_stands_out() -> None:
    assert MISSED not in render(_both(ROW, 1.0, 2.0))
    assert MISSED in render(_both(ROW, 0.5, 2.0))


def test_each_claim_has_a_scale_of_its_own_and_rows_that_promise_nothing_are_left_out() -> None:
    large = replace(ROW, name="a large one", reach=1000.0, aim=2000.0)
    informative = replace(ROW, name="by the way", reach=None, aim=None)
    measured = [*_both(ROW, 1.0, 2.0), *_both(large, 1000.0, 2000.0), *_both(informative, 7.0, 7.0)]
    widths = [width for _, width in _drawn(measured)]
    assert widths[:2] == widths[2:]
    assert "by the way" not in _texts(measured)


def test_the_limits_of_a_figure_that_is_far_from_them_are_still_on_the_page() -> None:
    page = ElementTree.fromstring(render(_both(ROW, 0.01, 0.02)))
    width = float(page.attrib["viewBox"].split()[2])
    ends = [float(line.attrib["x2"]) for line in page.iter(f"{SVG}line")]
    assert 0 < max(ends) < width


def _both(row: Row, sqlite: float, postgresql: float) -> list[Measured]:
    values = {"sqlite": sqlite, "postgresql": postgresql}
    return [(row, product, Figure(value, value, value)) for product, value in values.items()]


def _texts(measured: list[Measured]) -> set[str]:
    return {text.text or "" for text in ElementTree.fromstring(render(measured)).iter(f"{SVG}text")}


def _drawn(measured: list[Measured]) -> list[tuple[str, float]]:
    products = {colour: product for product, colour in COLOURS.items()}
    bars = [
        (products[bar.attrib["fill"]], float(bar.attrib["width"]))
        for bar in ElementTree.fromstring(render(measured)).iter(f"{SVG}rect")
        if bar.attrib["fill"] in products
    ]
    # The first two are the legend's.
    return bars[2:]


def _bars(measured: list[Measured]) -> dict[str, float]:
    return dict(_drawn(measured))
