"""Try every call of a request with every fault that the product can have there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product

from tests.faults.injector import Call, Fault
from tests.faults.kinds import KINDS
from tests.faults.stage import Rehearsal
from tests.faults.verdict import Incident, Trial, complaints


@dataclass
class Tally:
    """How many faults were injected, of which kinds, how that was answered, and what was wrong."""

    injections: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    bad: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Count what another tally has counted."""
        self.injections += other.injections
        self.kinds += other.kinds
        self.answers += other.answers
        self.bad += other.bad


@dataclass(frozen=True, slots=True)
class Plan:
    """The faults of one request; `is_cold` says that the pool is emptied first, so that it must connect."""

    faults: tuple[Fault, ...]
    is_cold: bool = False


def plans(dialect: str, rehearsal: Rehearsal) -> Iterator[Plan]:
    """Yield every single fault, and those that can hit a new connection before the request has it."""
    for fault in faults_at(dialect, rehearsal.warm):
        yield Plan((fault,))
    for fault in faults_at(dialect, rehearsal.connecting):
        yield Plan((fault,), is_cold=True)


def faults_at(dialect: str, calls: list[Call]) -> Iterator[Fault]:
    """Yield every fault that the product can have at one of the calls, before it and after it."""
    for (number, call), when, kind in product(enumerate(calls), ("before", "after"), KINDS[dialect]):
        if kind.can_strike(call.name, when):
            yield Fault(number, when, kind)


def sweep(trial: Trial, rehearsal: Rehearsal, wanted: Iterator[Plan]) -> Tally:
    """Send the request once for each plan, and judge what was answered."""
    tally = Tally()
    for plan in wanted:
        incident = _happen(trial, rehearsal, plan)
        tally.injections += len(incident.struck)
        tally.kinds.update(each.kind.name for each in incident.struck)
        tally.answers[incident.answer.summary] += 1
        told = ", then ".join(map(str, incident.struck)) + (", connecting" if plan.is_cold else "")
        wrong = list(complaints(incident))
        if not incident.struck:
            wrong.append(f"{plan.faults[0]} did not happen where it was planned")
        if wrong:
            tally.bad += [f"{told}: {complaint}" for complaint in wrong]
            # What one fault left behind must not be blamed on the next.
            trial.stage.recover(trial.look)
    return tally


def _happen(trial: Trial, rehearsal: Rehearsal, plan: Plan) -> Incident:
    stage = trial.stage
    stage.camera.restore()
    if plan.is_cold:
        stage.engine.dispose()
    else:
        stage.settle(trial.look)
    answer = stage.ask(trial.exchange, *plan.faults)
    return Incident(trial, rehearsal, stage.injector.struck, answer, stage.injector.commits)
