"""The same read and the same insert, as requests a second: ours beside three frameworks, each served.

Each is a server on a fresh database of its own, asked over the loopback by one client, and all share the
machine's cores. They take turns of random order; who is not asked waits. See docs/performance.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from random import Random
from statistics import median, quantiles

from benchmarks import report
from benchmarks.effort import FULL, SEED, Effort
from benchmarks.figures import Figure, Row
from benchmarks.served import contenders
from benchmarks.served.agreement import see_that_they_agree
from benchmarks.served.client import answers_per_s
from benchmarks.served.contenders import OPPONENTS, OURS, OURS_WITH_ORM, Contender
from benchmarks.served.questions import QUESTIONS
from benchmarks.served.stands import Stand, served_at_once
from benchmarks.strategies.databases import Databases

# Requests a second of each, round by round.
Answered = Mapping[str, Sequence[float]]


@dataclass(frozen=True)
class Turns:
    """How often everybody is asked for each work, and how long."""

    rounds: int
    turn_s: float
    warm_up_s: float


LONG = Turns(rounds=6, turn_s=2.0, warm_up_s=1.0)
SHORT = Turns(rounds=2, turn_s=0.3, warm_up_s=0.2)


def compare(
    databases: Databases,
    turns: Turns,
    ours: Contender = OURS,
    opponents: Sequence[Contender] = OPPONENTS,
    bystanders: Sequence[Contender] = (OURS_WITH_ORM,),
) -> dict[str, Figure]:
    """Return, for each work, how many times the requests a second of the best opponent we answer.

    Bystanders are measured and told as well, but are nobody's opponents.

    Raises:
        NotServedError: somebody did not start.
        DisagreementError: somebody does other work than we do.
        AnswerError: an answer was no success, or none came.
    """
    with served_at_once(databases, [ours, *opponents, *bystanders]) as stands:
        see_that_they_agree(stands)
        names = [opponent.name for opponent in opponents]
        return {work: _figure(_take_turns(stands, work, turns), ours.name, names) for work in QUESTIONS}


def _take_turns(stands: Sequence[Stand], work: str, turns: Turns) -> Answered:
    for stand in stands:
        _take_turn(stand, work, turns.warm_up_s)
    random = Random(SEED)
    answered: dict[str, list[float]] = {stand.name: [] for stand in stands}
    for _ in range(turns.rounds):
        for stand in random.sample(stands, len(stands)):
            answered[stand.name].append(_take_turn(stand, work, turns.turn_s))
    return answered


def _take_turn(stand: Stand, work: str, seconds: float) -> float:
    return answers_per_s(stand.port, stand.questions[work], seconds)


def _figure(answered: Answered, ours: str, opponents: Sequence[str]) -> Figure:
    best = max(opponents, key=lambda name: median(answered[name]))
    # A busy moment of the machine slows the turns of one round alike: hence the ratio of each round.
    ratios = [mine / theirs for mine, theirs in zip(answered[ours], answered[best], strict=True)]
    low, middle, high = quantiles(ratios, n=4, method="inclusive")
    return Figure(middle, low, high, {f"{name}, requests/s": median(each) for name, each in answered.items()})


@cache
def _compared(databases: Databases, effort: Effort) -> dict[str, Figure]:
    # One start of the servers serves both rows.
    return compare(databases, LONG if effort == FULL else SHORT)


def _measure(databases: Databases, effort: Effort, *, work: str) -> Figure:
    return _compared(databases, effort)[work]


def _row(work: str) -> Row:
    return Row(
        name=f"the same {work}, requests/s",
        opponent="the best of Flask-SQLAlchemy, FastAPI, Django",
        results="frameworks",
        requirements=contenders.requirements(),
        measure=partial(_measure, work=work),
        reach=1.0,
        aim=1.5,
        less_is_better=False,
    )


ROWS = tuple(_row(work) for work in QUESTIONS)

if __name__ == "__main__":
    report.publish(ROWS)
