"""A view cannot end, replace or close its transaction, and swallowing the refusal commits nothing."""

from __future__ import annotations

from contextlib import suppress

import pytest
from pyramid.response import Response
from sqlalchemy import select, text

from myapp.db import LifecycleViolation
from tests.lifecycle.bookcase import Shelf
from tests.lifecycle.conftest import Serve
from tests.lifecycle.offences import FIRST_USES, REFUSED, UNDERHAND
from tests.lifecycle.site import Outcome, Site, at, is_failure
from tests.lifecycle.writes import core_insert, orm_add

# Each refusal names the remedy: another status, a savepoint, or where the setting belongs.
INSTEAD = ("Return a 2xx or 3xx response", "where the engine is made", "unit_of_work()")
ALL_REFUSED = dict.fromkeys(REFUSED, LifecycleViolation)


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
    site, outcomes = ask_each(serve, REFUSED, writing_around)
    assert types_of(outcomes) == ALL_REFUSED
    assert [name for name, error in outcomes.items() if not any(each in str(error) for each in INSTEAD)] == []
    assert len(site.rows()) == 2


def test_swallowing_the_refusal_commits_nothing(serve: Serve) -> None:
    site, outcomes = ask_each(serve, REFUSED, lambda violate: writing_around(violate, Exception))
    assert types_of(outcomes) == ALL_REFUSED
    assert len(site.rows()) == 2


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_swallowing_the_refusal_is_no_success_where_nothing_was_written(serve: Serve, method: str) -> None:
    _, outcomes = ask_each(serve, REFUSED, reading_around, method)
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


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_how_a_transaction_begins_is_not_the_views_to_say(serve: Serve, method: str) -> None:
    def first_using(use):
        def view(request):
            with suppress(LifecycleViolation):
                use(request)
            with suppress(Exception):
                core_insert(request.dbsession)
            return Response()

        return view

    site, outcomes = ask_each(serve, FIRST_USES, first_using, method)
    assert types_of(outcomes) == dict.fromkeys(FIRST_USES, LifecycleViolation)
    assert len(site.rows()) == 2


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
def test_a_stricter_isolation_may_be_asked_for_by_a_view_that_writes(serve: Serve) -> None:
    def view(request):
        session = request.dbsession
        session.connection(execution_options={"isolation_level": "SERIALIZABLE"})
        core_insert(session)
        return Response(session.scalar(text("SHOW transaction_isolation")))

    site = serve(at("/", view))
    assert site.client().post("/").text == "serializable"
    assert len(site.rows()) == 3


def test_the_next_request_is_not_punished(serve: Serve) -> None:
    site = serve(
        at("/bad", writing_around(REFUSED["connection.commit"], Exception)),
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
