"""Did the application tell the truth? Its answer is held against the database and what came next."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.faults.injector import Struck
from tests.faults.picture import Picture
from tests.faults.stage import Answer, Exchange, Rehearsal, Stage

# Returns what is wrong with an answer to a fault of the database, an empty text where nothing is.
Manners = Callable[[Answer], str]


def no_manners(answer: Answer) -> str:
    """Take any failure for what it is: the application has no exception views of its own."""
    return ""


@dataclass(frozen=True, slots=True)
class Trial:
    """What is tried on a stage: a request, another that only looks, and how a failure must be answered."""

    stage: Stage
    exchange: Exchange
    look: Exchange
    manners: Manners = no_manners


@dataclass(frozen=True, slots=True)
class Incident:
    """A request whose calls failed: what it does by itself, which calls were struck, what was answered.

    `commits` is how many COMMITs were really done on its way.
    """

    trial: Trial
    rehearsal: Rehearsal
    struck: list[Struck]
    answer: Answer
    commits: int

    @property
    def was_interrupted(self) -> bool:
        return any(not each.kind.is_database_error for each in self.struck)

    @property
    def was_lost_in_commit(self) -> bool:
        return any(each.kind.loses_connection and each.call.name == "commit" for each in self.struck)

    @property
    def must_succeed(self) -> bool:
        """Tell whether the request had only to be done again, and could be."""
        again = self.trial.exchange.can_be_repeated
        return all(
            each.kind.retryable or (again and each.kind.loses_connection and each.call.name == "commit")
            for each in self.struck
        )


def complaints(incident: Incident) -> Iterator[str]:
    """Yield everything that was wrong, sending the next request on the way; nothing is good."""
    leftovers = incident.trial.stage.leftovers()
    yield from leftovers
    yield from _lies(incident)
    if not incident.answer.is_success:
        yield from _bad_failure(incident)
    # A request that finds no connection would only wait, and tell nothing new.
    if not leftovers:
        yield from _bad_sequel(incident)


def _lies(incident: Incident) -> Iterator[str]:
    camera, answer = incident.trial.stage.camera, incident.answer
    picture = camera.take()
    if answer.is_success:
        if not incident.rehearsal.effect.is_in(picture):
            yield f"answered {answer}, but the change is not there, or not once"
        if incident.trial.exchange.is_safe and answer.body != incident.rehearsal.answer.body:
            yield f"answered {answer}, which is not what is there"
    elif picture != camera.first and not _may_be_done(incident, picture):
        yield f"answered {answer}, but something has changed"


def _may_be_done(incident: Incident, picture: Picture) -> bool:
    # Who was interrupted, or lost the connection, just when COMMIT was done cannot take it back.
    excused = incident.was_interrupted or incident.was_lost_in_commit
    return excused and incident.commits > 0 and incident.rehearsal.effect.is_in(picture)


def _bad_failure(incident: Incident) -> Iterator[str]:
    if incident.must_succeed:
        yield f"answered {incident.answer}, though it had only to be done again"
    elif not incident.was_interrupted and (wrong := incident.trial.manners(incident.answer)):
        yield f"answered {incident.answer}: {wrong}"


def _bad_sequel(incident: Incident) -> Iterator[str]:
    trial = incident.trial
    stage, exchange = trial.stage, trial.exchange
    untouched = stage.camera.take() == stage.camera.first
    if exchange.can_be_repeated or (untouched and not incident.answer.is_success):
        answer = stage.ask(exchange)
        if not (answer.is_success and incident.rehearsal.effect.is_in(stage.camera.take())):
            yield f"the same request again was answered {answer}, or its effect is not there once"
    elif not (answer := stage.ask(trial.look)).is_success:
        yield f"the next request was answered {answer}"
    yield from (f"after the next request, {each}" for each in stage.leftovers())
