"""What hangs on the transaction or on the session runs while it ends, and must not end it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from pyramid.response import Response

from myapp.db import LifecycleViolation, SessionUnavailable
from tests.lifecycle.bystanders import forgiving, listening
from tests.lifecycle.conftest import Serve
from tests.lifecycle.site import at, is_failure
from tests.lifecycle.writes import core_insert, orm_add

Ending = Callable[[Any], object]
Hang = Callable[[Any, Callable[..., None]], object]

ENDINGS: dict[str, Ending] = {
    "tm.abort": lambda request: request.tm.abort(),
    "tm.commit": lambda request: request.tm.commit(),
    "tm.doom": lambda request: request.tm.doom(),
    "tm.begin": lambda request: request.tm.begin(),
    "tm.get().abort": lambda request: request.tm.get().abort(),
    "tm.get().doom": lambda request: request.tm.get().doom(),
    "dbsession.commit": lambda request: request.dbsession.commit(),
    "dbsession.rollback": lambda request: request.dbsession.rollback(),
    "connection.commit": lambda request: request.dbsession.connection().commit(),
    "connection.rollback": lambda request: request.dbsession.connection().rollback(),
}
HOOKS: dict[str, Hang] = {
    "a before-commit hook": lambda request, hook: request.tm.get().addBeforeCommitHook(hook),
    "a listener before the flush": lambda request, hook: listening("before_flush", hook)(request),
    "a listener after the flush": lambda request, hook: listening("after_flush", hook)(request),
    "a listener before the commit": lambda request, hook: listening("before_commit", hook)(request),
}


def ending_in(hang: Hang, end: Ending) -> Callable[[Any], Response]:
    """Return a view that writes, and has a hook end the transaction and swallow the refusal."""

    def view(request: Any) -> Response:
        def hook(*_: Any) -> None:
            with suppress(Exception):
                end(request)

        core_insert(request.dbsession)
        hang(request, hook)
        # It is sent with the commit, which is when the listener to the flush runs.
        orm_add(request.dbsession)
        return Response()

    return view


@pytest.mark.parametrize("hang", HOOKS.values(), ids=HOOKS)
def test_a_hook_that_ends_the_transaction_keeps_nothing_and_says_so(serve: Serve, hang: Hang) -> None:
    paths = {name: f"/{number}" for number, name in enumerate(ENDINGS)}
    site = serve(*(at(paths[name], ending_in(hang, end)) for name, end in ENDINGS.items()))
    before = site.rows()
    outcomes = {name: type(site.ask(path)) for name, path in paths.items()}
    assert outcomes == dict.fromkeys(ENDINGS, LifecycleViolation)
    assert site.rows() == before


def test_a_listener_to_the_commit_cannot_end_it_by_the_manager(serve: Serve) -> None:
    def hang(request: Any, hook: Callable[..., None]) -> None:
        listening("before_commit", hook)(request)

    paths = {name: f"/{number}" for number, name in enumerate(ENDINGS) if name.startswith("tm")}
    site = serve(*(at(path, ending_in(hang, ENDINGS[name])) for name, path in paths.items()))
    before = site.rows()
    outcomes = {name: type(site.ask(path)) for name, path in paths.items()}
    assert outcomes == dict.fromkeys(paths, LifecycleViolation)
    assert site.rows() == before


@pytest.mark.parametrize("hang", HOOKS.values(), ids=HOOKS)
def test_no_exception_view_makes_a_success_of_it(serve: Serve, hang: Hang) -> None:
    site = serve(at("/", ending_in(hang, ENDINGS["tm.abort"])), forgiving)
    before = site.rows()
    assert is_failure(site.ask("/"))
    assert site.rows() == before


def test_a_hook_may_write(serve: Serve) -> None:
    def view(request: Any) -> Response:
        request.tm.get().addBeforeCommitHook(core_insert, args=(request.dbsession,))
        return Response()

    site = serve(at("/", view))
    before = site.rows()
    assert site.ask("/") == 200
    assert len(site.rows() - before) == 1


def test_no_session_is_opened_once_the_transaction_has_committed(serve: Serve) -> None:
    errors: list[Exception] = []

    def hook(committed: bool, request: Any) -> None:
        with pytest.raises(SessionUnavailable) as refused:
            core_insert(request.dbsession)
        errors.append(refused.value)

    def view(request: Any) -> Response:
        request.tm.get().addAfterCommitHook(hook, args=(request,))
        return Response()

    site = serve(at("/", view))
    before = site.rows()
    assert site.ask("/") == 200
    assert ["unit_of_work()" in str(error) for error in errors] == [True]
    assert site.rows() == before
