"""The same read and the same insert, as requests a second: ours beside three frameworks, each served.

Each is a process or several on its own fresh database, asked over the loopback by one client, and all share
the machine's cores. They take turns of random order; who is not asked waits. See docs/performance.md.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from statistics import median, quantiles

from benchmarks import report
from benchmarks.effort import FULL, SEED, Effort
from benchmarks.figures import Figure, Row
from benchmarks.served import contenders
from benchmarks.served.agreement import Stand, see_that_they_agree
from benchmarks.served.client import answers_per_s
from benchmarks.served.contenders import OPPONENTS, OURS, Contender
from benchmarks.served.process import launched, wait_until_it_answers
from benchmarks.served.questions import Questions, inserts, reads
from benchmarks.strategies.databases import Databases


@dataclass(frozen=True)
class Turns:
    """How often everybody is asked, and for how long."""

    rounds: int
    turn_s: float
    warm_up_s: float


def turns_of(effort: Effort) -> Turns:
    """Return the turns that an effort allows: seconds are dearer than the microseconds of other rows."""
    rounds = max(2, effort.rounds // 10)
    return Turns(rounds, 2.0, 1.0) if effort == FULL else Turns(rounds, 0.6, 0.3)


def compare(
    databases: Databases,
    effort: Effort,
    *,
    questions: Questions,
    ours: Contender = OURS,
    opponents: Sequence[Contender] = OPPONENTS,
) -> Figure:
    """Return how many times the requests a second of the best opponent we answer.

    Raises:
        NotServedError: somebody did not start.
        DisagreementError: somebody does other work than we do.
        AnswerError: an answer was no success.
    """
    with _stands(databases, [ours, *opponents], questions) as stands:
        see_that_they_agree(stands)
        return _figure(_take_turns(stands, turns_of(effort)))


@contextmanager
def _stands(
    databases: Databases, everybody: Sequence[Contender], questions: Questions
) -> Iterator[list[Stand]]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="frameworks-")))
        # All are started before the first is waited for, because starting is what takes them long.
        started = []
        for number, contender in enumerate(everybody):
            url = stack.enter_context(databases.fresh())
            log = folder / f"{number}.log"
            port = stack.enter_context(launched(contender, url, log))
            started.append((contender, port, url, log))
        for contender, port, _, log in started:
            wait_until_it_answers(contender, port, next(reads()), log)
        yield [Stand(contender.name, port, url, questions()) for contender, port, url, _ in started]


def _take_turns(stands: Sequence[Stand], turns: Turns) -> dict[str, list[float]]:
    for stand in stands:
        answers_per_s(stand.port, stand.requests, turns.warm_up_s)
    random = Random(SEED)
    answered: dict[str, list[float]] = {stand.name: [] for stand in stands}
    for _ in range(turns.rounds):
        for stand in random.sample(stands, len(stands)):
            answered[stand.name].append(answers_per_s(stand.port, stand.requests, turns.turn_s))
    return answered


def _figure(answered: Mapping[str, Sequence[float]]) -> Figure:
    ours, *others = answered
    best = max(others, key=lambda name: median(answered[name]))
    # A busy moment of the machine slows the turns of one round alike: hence the ratios of rounds.
    ratios = [mine / theirs for mine, theirs in zip(answered[ours], answered[best], strict=True)]
    low, middle, high = quantiles(ratios, n=4)
    return Figure(middle, low, high, {f"{name}, requests/s": median(found) for name, found in answered.items()})


def _row(name: str, questions: Questions) -> Row:
    return Row(
        name=name,
        opponent="the best of Flask-SQLAlchemy, FastAPI, Django",
        results="frameworks",
        requirements=contenders.requirements(),
        measure=partial(compare, questions=questions),
        reach=1.0,
        aim=1.5,
        less_is_better=False,
    )


ROWS = (_row("the same read, requests/s", reads), _row("the same insert, requests/s", inserts))

if __name__ == "__main__":
    report.publish(ROWS)
