"""Use of the session after the request's transaction raises `SessionUnavailable` and checks nothing out."""

from __future__ import annotations

import threading

import pytest
from pyramid.events import NewResponse
from pyramid.response import Response
from sqlalchemy import select

from myapp.db import LifecycleViolation, SessionUnavailable
from tests.lifecycle.bookcase import Shelf
from tests.lifecycle.conftest import Serve
from tests.lifecycle.site import Site, at
from tests.lifecycle.upper_tween import upper_tween

USES = {
    "execute": lambda session: session.execute(select(Shelf)),
    "get": lambda session: session.get(Shelf, 1),
    "add": lambda session: session.add(Shelf(name="late")),
    "connection": lambda session: session.connection(),
    "begin_nested": lambda session: session.begin_nested(),
    "begin": lambda session: session.begin(),
    "commit": lambda session: session.commit(),
    "bulk": lambda session: session.bulk_save_objects([Shelf(name="late")]),
}
ALL_REFUSED = dict.fromkeys(USES, SessionUnavailable)


class Probe:
    """Uses the session in every way, and keeps the errors for the test to look at."""

    def __init__(self) -> None:
        self.errors: dict[str, BaseException] = {}

    def __call__(self, request, response=None) -> None:
        for name, use in USES.items():
            try:
                use(request.dbsession)
            except Exception as error:
                self.errors[name] = error


def assert_refused(site: Site, probe: Probe, *, connections: int) -> None:
    assert {name: type(error) for name, error in probe.errors.items()} == ALL_REFUSED
    assert [name for name, error in probe.errors.items() if "unit_of_work" not in str(error)] == []
    assert len(site.checkouts) == connections
    assert site.engine.pool.checkedout() == 0


def view_with(prepare=id):
    def view(request):
        request.dbsession.scalars(select(Shelf)).all()
        prepare(request)
        return Response()

    return view


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_upper_tween_cannot_use_the_session_afterwards(serve: Serve, method: str) -> None:
    probe = Probe()
    site = serve(upper_tween(after=probe), at("/", view_with()))
    assert site.ask("/", method) == 200
    assert_refused(site, probe, connections=1)


def test_a_response_callback_cannot_use_the_session(serve: Serve) -> None:
    probe = Probe()
    site = serve(at("/", view_with(lambda request: request.add_response_callback(probe))))
    assert site.ask("/") == 200
    assert_refused(site, probe, connections=1)


def test_a_finished_callback_cannot_use_the_session(serve: Serve) -> None:
    probe = Probe()
    site = serve(at("/", view_with(lambda request: request.add_finished_callback(probe))))
    assert site.ask("/") == 200
    assert_refused(site, probe, connections=1)


def test_a_finished_callback_cannot_use_it_after_the_view_died_either(serve: Serve) -> None:
    probe = Probe()

    def die(request):
        request.add_finished_callback(probe)
        raise SystemExit

    site = serve(at("/", view_with(die)))
    assert isinstance(site.ask("/"), SystemExit)
    assert_refused(site, probe, connections=1)


def test_a_subscriber_to_the_response_cannot_use_the_session(serve: Serve) -> None:
    probe = Probe()

    def subscribe(config):
        config.add_subscriber(lambda event: probe(event.request), NewResponse)

    site = serve(subscribe, at("/", view_with()))
    assert site.ask("/") == 200
    assert_refused(site, probe, connections=1)


def test_a_body_that_is_streamed_cannot_use_the_session(serve: Serve) -> None:
    probe = Probe()

    def view(request):
        def body():
            probe(request)
            yield b"late"

        return Response(app_iter=body())

    site = serve(at("/", view))
    assert site.client().get("/").body == b"late"
    assert_refused(site, probe, connections=0)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_an_upper_tween_cannot_open_a_session_of_its_own(serve: Serve, moment: str) -> None:
    probe = Probe()
    site = serve(upper_tween(**{moment: probe}), at("/", lambda request: Response()))
    assert site.ask("/") == 200
    assert_refused(site, probe, connections=0)


def test_a_tween_that_asked_too_early_does_not_spoil_the_request(serve: Serve) -> None:
    site = serve(upper_tween(before=Probe()), at("/", view_with()))
    assert site.ask("/") == 200


def test_another_thread_cannot_use_the_session(serve: Serve) -> None:
    probe = Probe()

    def in_another_thread(request):
        thread = threading.Thread(target=probe, args=(request,))
        thread.start()
        thread.join()

    site = serve(at("/", view_with(in_another_thread)))
    assert isinstance(site.ask("/"), LifecycleViolation)
    assert {type(error) for error in probe.errors.values()} == {LifecycleViolation}
    assert len(site.checkouts) == 1
