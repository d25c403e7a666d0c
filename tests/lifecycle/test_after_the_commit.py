"""Nothing that comes after COMMIT takes it back, denies it or repeats it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import pytest
from pyramid.events import NewResponse
from pyramid.response import Response
from sqlalchemy import event, text
from sqlalchemy.orm import Session, SessionTransaction
from transaction import TransactionManager

from myapp.db import CommitOutcomeUnknown, LifecycleViolation, after_commit, unit_of_work
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


def test_whoever_voted_with_the_session_finishes_with_it_too(serve: Serve) -> None:
    finished: list[object] = []

    def both(request: Any) -> None:
        joined(finish=finished.append)(request)
        listening("after_commit", fault)(request)

    assert visits_after(serve(at("/", visiting(both)))) == (200, 1)
    assert len(finished) == 1


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
    # Ours, and what it calls: the driver's.
    noted: Any = site.engine.dialect.do_commit
    (commit,) = noted.args

    def interrupted(connection: Any) -> None:
        if moment == "after":
            commit(connection)
        raise TimeoutError("the alarm went off")

    site.engine.dialect.do_commit = partial(noted.func, interrupted)  # type: ignore[method-assign]
    outcome, visits = visits_after(site)
    assert isinstance(outcome, CommitOutcomeUnknown)
    assert visits == (1 if moment == "after" else 0)


def test_a_listener_of_the_engine_that_fails_before_commit_is_sent_keeps_nothing(serve: Serve) -> None:
    site = serve(at("/", visiting()))
    event.listen(site.engine, "commit", fault)
    outcome, visits = visits_after(site)
    assert isinstance(outcome, ValueError)
    assert (visits, site.engine.pool.checkedout()) == (0, 0)  # type: ignore[attr-defined]
    event.remove(site.engine, "commit", fault)
    assert visits_after(site) == (200, 1)


def asking_on_the_connection(request: Any) -> None:
    """Ask on the session's own connection, once it is committed, for what there is not."""
    connection = request.dbsession.connection()
    event.listen(request.dbsession, "after_commit", lambda session: connection.exec_driver_sql("SELECT nope"))


def beginning_anew(ask: Callable[[Session], object]) -> StandBy:
    """Ask the session as soon as it says that its transaction is over."""

    def hear(session: Session, transaction: SessionTransaction) -> None:
        if transaction.parent is None:
            ask(session)

    return lambda request: event.listen(request.dbsession, "after_transaction_end", hear)


def visit_and_commit(session: Session) -> None:
    core_update(session)
    session.commit()


ANEW = {
    "asks": beginning_anew(lambda session: session.execute(text("SELECT 1"))),
    "asks for what there is not": beginning_anew(lambda session: session.execute(text("SELECT nope"))),
    "writes": beginning_anew(core_update),
    "writes and commits": beginning_anew(visit_and_commit),
}
AFTERWARDS = {**ANEW, "asks on the connection": asking_on_the_connection}


@pytest.mark.parametrize("stand_by", AFTERWARDS.values(), ids=AFTERWARDS)
def test_sql_that_comes_after_the_commit_changes_neither_the_answer_nor_the_books(
    serve: Serve, stand_by: StandBy
) -> None:
    site = serve(at("/", visiting(stand_by)), sqlalchemy__pool_size="1")
    assert [visits_after(site), visits_after(site)] == [(200, 1), (200, 2)]
    assert site.engine.pool.checkedout() == 0  # type: ignore[attr-defined]


@pytest.mark.parametrize("stand_by", ANEW.values(), ids=ANEW)
def test_nor_does_sql_that_comes_after_a_rollback(serve: Serve, stand_by: StandBy) -> None:
    site = serve(at("/", visiting(stand_by, 404)), at("/well", visiting()), sqlalchemy__pool_size="1")
    outcome, visits = visits_after(site)
    assert outcome != 200
    assert visits == 0
    assert site.engine.pool.checkedout() == 0  # type: ignore[attr-defined]
    assert site.ask("/well") == 200


def test_a_manager_that_a_view_puts_in_the_place_of_the_request_s_decides_nothing(serve: Serve) -> None:
    def exchanging(request: Any) -> None:
        request.tm = TransactionManager()

    assert visits_after(serve(at("/", visiting(exchanging)))) == (200, 1)
    assert visits_after(serve(at("/", visiting(exchanging, 404)))) == (404, 1)


def test_a_session_does_not_become_one_of_two_phases(serve: Serve) -> None:
    def in_two_phases(request: Any) -> Response:
        core_update(request.dbsession)
        with suppress(LifecycleViolation):
            request.dbsession.twophase = True
        return Response()

    outcome, visits = visits_after(serve(at("/", in_two_phases)))
    assert isinstance(outcome, LifecycleViolation)
    assert visits == 0


def test_the_rows_that_a_view_has_its_driver_make_are_its_own(serve: Serve) -> None:
    def as_strings(request: Any) -> Response:
        driver = request.dbsession.connection().connection.dbapi_connection
        driver.row_factory = lambda *_: lambda *_: "a row"
        return Response()

    site = serve(at("/odd", as_strings), at("/", visiting()), sqlalchemy__pool_size="1")
    assert site.ask("/odd") == 200
    assert [visits_after(site), visits_after(site)] == [(200, 1), (200, 2)]
