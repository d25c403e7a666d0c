"""The rows of `make bench` about growth: the largest books against the smallest, on each product."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from statistics import median, quantiles

from benchmarks.effort import Effort
from benchmarks.figures import Figure, Row
from benchmarks.growth.growing import Grown, grown
from benchmarks.growth.questions import BACKDATED, CURRENT, READS
from benchmarks.strategies.databases import Databases

REQUIREMENTS = ("SQLAlchemy", "pyramid", "psycopg", "waitress")
RESULTS = "growth"

_GROWTH_REACH, _GROWTH_AIM = 1.3, 1.1
_BACKDATED_REACH, _BACKDATED_AIM = 1.2, 1.0
_MEMORY_REACH_MIB, _MEMORY_AIM_MIB = 40, 15


def _measured(
    tell: Callable[[Grown], Figure],
) -> Callable[[Databases, Effort], Figure]:
    return lambda databases, effort: tell(grown(databases.dialect, effort))


def _growth(kind: str, found: Grown) -> Figure:
    by_size = found.samples[kind]
    figure = _paired(by_size[found.largest], by_size[found.smallest])
    details = {f"at_{size}_us": median(taken) for size, taken in by_size.items()}
    return Figure(figure.value, figure.low, figure.high, details)


def _backdated(found: Grown) -> Figure:
    ours, opponent = (found.samples[kind][found.largest] for kind in (BACKDATED, CURRENT))
    figure = _paired(ours, opponent)
    details = {"backdated_us": median(ours), "current_us": median(opponent)}
    return Figure(figure.value, figure.low, figure.high, details)


def _paired(ours: list[float], opponent: list[float]) -> Figure:
    # Turns of one round are neighbours in time, so a busy minute of the machine slows both alike.
    ratios = [one / other for one, other in zip(ours, opponent, strict=True)]
    low, middle, high = quantiles(ratios, n=4)
    return Figure(middle, low, high)


def _memory(found: Grown) -> Figure:
    peaks = [export.above_idle_mib for export in found.exports.values()]
    details = {"postings": float(found.largest)}
    for name, export in found.exports.items():
        details |= {
            f"{name}_above_idle_mib": export.above_idle_mib,
            f"{name}_s": export.seconds,
            f"{name}_mib": export.size_bytes / 2**20,
        }
    return Figure(max(peaks), min(peaks), max(peaks), details)


def _writing(found: Grown) -> Figure:
    rate = found.largest / found.growing_s
    details = {
        "postings": float(found.largest),
        "growing_s": found.growing_s,
        "verifying_s": found.verifying_s,
    }
    return Figure(rate, rate, rate, details)


_row = partial(Row, results=RESULTS, requirements=REQUIREMENTS)

ROWS = (
    *(
        _row(
            name=f"{kind.name}, largest books",
            opponent="the smallest books",
            measure=_measured(partial(_growth, kind.name)),
            reach=_GROWTH_REACH if kind.promised else None,
            aim=_GROWTH_AIM if kind.promised else None,
        )
        for kind in READS
    ),
    *(
        _row(
            name=f"{kind}, largest books",
            opponent="the smallest books",
            measure=_measured(partial(_growth, kind)),
        )
        for kind in (CURRENT, BACKDATED)
    ),
    _row(
        name=f"{BACKDATED}, into the largest books",
        opponent="a current one",
        measure=_measured(_backdated),
        reach=_BACKDATED_REACH,
        aim=_BACKDATED_AIM,
    ),
    _row(
        name="export of the largest books, peak memory",
        opponent="idle",
        measure=_measured(_memory),
        reach=_MEMORY_REACH_MIB,
        aim=_MEMORY_AIM_MIB,
        unit="MiB",
    ),
    _row(
        name="growing the books in batches of 1,000",
        opponent="nothing",
        measure=_measured(_writing),
        less_is_better=False,
        unit="postings/s",
    ),
)
