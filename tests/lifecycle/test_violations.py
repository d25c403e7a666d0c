"""A view cannot end, replace or close its transaction, and swallowing the refusal commits nothing."""

from __future__ import annotations

from contextlib import suppress

import pytest
from pyramid.response import Response
from sqlalchemy import select

from myapp.db import LifecycleViolation
from tests.lifecycle.bookcase import Shelf
from tests.lifecycle.conftest import Serve
from tests.lifecycle.site import Outcome, Site, at, is_failure
from tests.lifecycle.writes import core_insert, orm_add


def enter_session(request):
    with request.dbsession:
        pass


def enter_manager(request):
    with request.tm:
        pass


# Each by a name, and what it does; all of them say what to do instead.
VIOLATIONS = {
    "session.commit": lambda request: request.dbsession.commit(),
    "session.rollback": lambda request: request.dbsession.rollback(),
    "session.close": lambda request: request.dbsession.close(),
    "session.reset": lambda request: request.dbsession.reset(),
    "session.invalidate": lambda request: request.dbsession.invalidate(),
    "session.prepare": lambda request: request.dbsession.prepare(),
    "session.begin": lambda request: request.dbsession.begin(),
    "with session": enter_session,
    "connection.commit": lambda request: request.dbsession.connection().commit(),
    "session transaction.commit": lambda request: request.dbsession.get_transaction().commit(),
    "tm.begin": lambda request: request.tm.begin(),
    "tm.commit": lambda request: request.tm.commit(),
    "tm.abort": lambda request: request.tm.abort(),
    "tm.doom": lambda request: request.tm.doom(),
    "with tm": enter_manager,
}
INSTEAD = "Return a 2xx or 3xx response to commit"
ALL_REFUSED = dict.fromkeys(VIOLATIONS, LifecycleViolation)

# These have no door at which to refuse them; they must be found out at the end.
UNDERHAND = {
    "session transaction.rollback": lambda request: request.dbsession.get_transaction().rollback(),
    "session transaction.close": lambda request: request.dbsession.get_transaction().close(),
    "connection.rollback": lambda request: request.dbsession.connection().rollback(),
    "connection.close": lambda request: request.dbsession.connection().close(),
    "connection.invalidate": lambda request: request.dbsession.connection().invalidate(),
}


def writing_around(violate, *errors: type[Exception]):
    """Return a view that writes, violates, swallows `errors`, writes again and answers 200."""

    def view(request):
        orm_add(request.dbsession)
        request.dbsession.flush()
        with suppress(*errors):
            violate(request)
        with suppress(*errors):
            core_insert(request.dbsession)
        return Response()

    return view


def ask_each(serve: Serve, offences, view_for, method: str = "POST") -> tuple[Site, dict[str, Outcome]]:
    """Return each offence's outcome, all asked of one application."""
    paths = {name: f"/{number}" for number, name in enumerate(offences)}
    site = serve(*(at(paths[name], view_for(offence)) for name, offence in offences.items()))
    return site, {name: site.ask(path, method) for name, path in paths.items()}


def types_of(outcomes: dict[str, Outcome]) -> dict[str, type]:
    return {name: type(outcome) for name, outcome in outcomes.items()}


def test_a_lifecycle_call_is_refused_and_says_what_to_do_instead(serve: Serve) -> None:
    site, outcomes = ask_each(serve, VIOLATIONS, writing_around)
    assert types_of(outcomes) == ALL_REFUSED
    assert [name for name, error in outcomes.items() if INSTEAD not in str(error)] == []
    assert len(site.rows()) == 2


def test_swallowing_the_refusal_commits_nothing(serve: Serve) -> None:
    site, outcomes = ask_each(serve, VIOLATIONS, lambda violate: writing_around(violate, Exception))
    assert types_of(outcomes) == ALL_REFUSED
    assert len(site.rows()) == 2


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_swallowing_the_refusal_is_no_success_where_nothing_was_written(serve: Serve, method: str) -> None:
    _, outcomes = ask_each(serve, VIOLATIONS, reading_around, method)
    assert types_of(outcomes) == ALL_REFUSED


def reading_around(violate):
    """Return a view that reads, violates, swallows the refusal and answers 200."""

    def view(request):
        request.dbsession.scalars(select(Shelf)).all()
        with suppress(Exception):
            violate(request)
        return Response()

    return view


def test_ending_the_transaction_behind_the_sessions_back_is_no_success(serve: Serve) -> None:
    site, outcomes = ask_each(serve, UNDERHAND, lambda violate: writing_around(violate, Exception))
    assert [name for name, outcome in outcomes.items() if not is_failure(outcome)] == []
    assert len(site.rows()) == 2


def test_the_next_request_is_not_punished(serve: Serve) -> None:
    site = serve(
        at("/bad", writing_around(VIOLATIONS["connection.commit"], Exception)),
        at("/good", writing_around(lambda request: None)),
        sqlalchemy__pool_size="1",
    )
    assert is_failure(site.ask("/bad"))
    assert site.ask("/good") == 200
    assert len(site.rows()) == 4


def test_savepoints_stay_allowed(serve: Serve) -> None:
    def view(request):
        savepoint = request.dbsession.begin_nested()
        core_insert(request.dbsession)
        savepoint.rollback()
        with request.dbsession.begin(nested=True):
            orm_add(request.dbsession)
        return Response(str(len(request.dbsession.scalars(select(Shelf)).all())))

    site = serve(at("/", view))
    assert site.client().post("/").text == "3"
    assert len(site.rows()) == 3
