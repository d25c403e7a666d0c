"""A request's properties are on a class that all requests have, and work as Pyramid's own."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import webtest
from pyramid.config import Configurator
from pyramid.request import Request
from pyramid.response import Response


class Application:
    """An application that counts how often a property was made, and remembers its requests."""

    def __init__(self, *, factory: type[Request] = Request) -> None:
        self.made = 0
        self.requests: list[Request] = []
        self.config = Configurator(request_factory=factory)
        self.config.include("myapp.db.properties")
        # The last word is the include's, also over what comes after it.
        self.config.add_request_method(self._make, "color", reify=True)
        self.config.add_request_method(lambda request: request.path.upper(), "loud", property=True)
        self.config.add_request_method(lambda request, word: f"{word} {request.color}", "describe")
        for name, view in (("show", self.show), ("nested", self.nested), ("twice", self.twice)):
            self.config.add_route(name, f"/{name}")
            self.config.add_view(view, route_name=name)
        self.app = webtest.TestApp(self.config.make_wsgi_app())

    def _make(self, request: Request) -> str:
        self.made += 1
        return f"color {self.made}"

    def show(self, request: Any) -> Response:
        """Use each kind of property, one of them twice."""
        self.requests.append(request)
        assert request.color == request.color
        return Response(f"{request.describe('of')}, {request.loud}")

    def nested(self, request: Any) -> Response:
        """Ask another view with a request that no factory of the application has made."""
        inner = Request.blank("/show")
        inner.set_property(lambda request: "its own", "own")
        answer = request.invoke_subrequest(inner)
        assert inner.own == "its own"
        return answer

    def twice(self, request: Any) -> Response:
        """Send the same request once more, to another view."""
        request.set_property(lambda request: "its own", "own")
        request.path_info = "/show"
        answer = request.invoke_subrequest(request)
        assert request.own == "its own"
        return answer


def test_each_request_has_its_own_values() -> None:
    application = Application()
    answers = [application.app.get("/show").text for _ in range(2)]
    assert answers == ["of color 1, /SHOW", "of color 2, /SHOW"]


def test_all_requests_are_of_one_class() -> None:
    application = Application()
    for _ in range(3):
        application.app.get("/show")
    assert len({type(request) for request in application.requests}) == 1


def test_a_factory_of_the_applications_is_kept() -> None:
    class Own(Request):
        """A request with something of its own."""

    application = Application(factory=Own)
    application.app.get("/show")
    (request,) = application.requests
    assert isinstance(request, Own)
    assert (type(request).__name__, type(request).__module__) == ("Own", __name__)


def test_a_request_made_by_hand_gets_them_too_and_keeps_its_own() -> None:
    application = Application()
    assert application.app.get("/nested").text == "of color 1, /SHOW"


def test_a_request_that_is_sent_once_more_keeps_what_it_has() -> None:
    application = Application()
    assert application.app.get("/twice").text == "of color 1, /SHOW"


def test_classes_of_single_requests_are_not_kept_for_ever() -> None:
    application = Application()
    for _ in range(10):
        application.app.get("/nested")
    kept = weakref.WeakSet(type(request) for request in application.requests)
    application.requests.clear()
    gc.collect()
    assert len(kept) == 0


def test_a_property_that_comes_later_is_there_all_the_same() -> None:
    application = Application()
    application.config.add_request_method(lambda request: "late", "late", property=True)
    application.config.commit()
    application.app.get("/show")
    (request,) = application.requests
    assert (request.late, request.color) == ("late", "color 1")


def test_an_include_that_comes_again_keeps_what_was_there() -> None:
    application = Application()
    again = Configurator(registry=application.config.registry)
    again.include("myapp.db.properties")
    again.add_request_method(lambda request: "late", "late", property=True)
    again.commit()
    application.app.get("/show")
    (request,) = application.requests
    assert (request.late, request.color) == ("late", "color 1")
