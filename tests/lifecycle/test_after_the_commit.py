"""Nothing that comes after COMMIT takes it back, denies it or repeats it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest
from pyramid.events import NewResponse
from sqlalchemy import event

from myapp.db import CommitOutcomeUnknown, after_commit, unit_of_work
from tests.lifecycle import bystanders, witness
from tests.lifecycle.bystanders import conflict, fault, joined, listening, synchronized, visiting
from tests.lifecycle.conftest import Serve
from tests.lifecycle.site import Site, at, is_failure
from tests.lifecycle.writes import core_update

StandBy = Callable[[Any], object]

# What the application can have run after the COMMIT and within the transaction's end.
WITHIN: dict[str, StandBy] = {
    f"{name}, {error.__name__}": make(error)
    for error in (fault, conflict)
    for name, make in {
        "a listener of the session": lambda error: listening("after_commit", error),
        "a synchronizer": synchronized,
        "another data manager": lambda error: joined(finish=error),
    }.items()
}


def visits_after(site: Site) -> tuple[Any, int]:
    outcome = site.ask("/")
    return outcome, witness.visits(site.database)


@pytest.mark.parametrize("stand_by", WITHIN.values(), ids=WITHIN)
def test_an_error_after_commit_is_logged_and_denies_nothing(
    serve: Serve, stand_by: StandBy, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR, "myapp.db")
    assert visits_after(serve(at("/", visiting(stand_by)))) == (200, 1)
    told = [record.message for record in caplog.records if record.name.startswith("myapp.db")]
    assert told == ["An error after COMMIT; the change is durable."]


@pytest.mark.parametrize("stand_by", WITHIN.values(), ids=WITHIN)
def test_what_waits_for_the_commit_is_called_once_all_the_same(serve: Serve, stand_by: StandBy) -> None:
    called: list[int] = []

    def both(request: Any) -> None:
        after_commit(request, called.append, 1)
        stand_by(request)

    assert visits_after(serve(at("/", visiting(both)))) == (200, 1)
    assert called == [1]


@pytest.mark.parametrize("stand_by", WITHIN.values(), ids=WITHIN)
def test_the_next_request_finds_everything_in_order(serve: Serve, stand_by: StandBy) -> None:
    site = serve(at("/", visiting(stand_by)), sqlalchemy__pool_size="1")
    assert [visits_after(site), visits_after(site)] == [(200, 1), (200, 2)]


@pytest.mark.parametrize("key", ["a", "~~", "~sqlalchemy:~"])
def test_the_session_votes_last_so_that_any_other_vote_can_still_stop_it(serve: Serve, key: str) -> None:
    site = serve(at("/", visiting(joined(key=key, vote=fault))))
    outcome, visits = visits_after(site)
    assert isinstance(outcome, ValueError)
    assert visits == 0


def in_a_response_callback(request: Any) -> None:
    request.add_response_callback(conflict)


def in_a_subscriber(config: Any) -> None:
    config.add_subscriber(conflict, NewResponse)


LATER = {
    "a response callback": (visiting(in_a_response_callback), id),
    "a subscriber": (visiting(), in_a_subscriber),
    "an upper tween": (visiting(), bystanders.conflict_above),
}


@pytest.mark.parametrize(("view", "part"), LATER.values(), ids=LATER)
def test_a_conflict_that_is_met_after_the_commit_repeats_nothing(serve: Serve, view: Any, part: Any) -> None:
    outcome, visits = visits_after(serve(at("/", view), part))
    assert is_failure(outcome)
    assert visits == 1


@pytest.mark.parametrize("error", [fault, conflict])
def test_a_unit_of_work_is_applied_once_too(serve: Serve, error: Callable[..., None]) -> None:
    site = serve()

    def work(session: Any) -> str:
        core_update(session)
        event.listen(session, "after_commit", error)
        return "done"

    assert unit_of_work(site.registry["dbsession_factory"]).run(work) == "done"
    assert witness.visits(site.database) == 1


@pytest.mark.parametrize("moment", ["before", "after"])
def test_an_alarm_that_goes_off_during_commit_leaves_the_outcome_unknown(serve: Serve, moment: str) -> None:
    site = serve(at("/", visiting()))
    commit = site.engine.dialect.do_commit

    def interrupted(connection: Any) -> None:
        if moment == "after":
            commit(connection)
        raise TimeoutError("the alarm went off")

    site.engine.dialect.do_commit = interrupted  # type: ignore[method-assign]
    outcome, visits = visits_after(site)
    assert isinstance(outcome, CommitOutcomeUnknown)
    assert visits == (1 if moment == "after" else 0)
