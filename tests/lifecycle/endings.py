"""Every way in which a view can end, and the exception views that catch some of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPBadRequest, HTTPFound
from pyramid.request import Request
from pyramid.response import Response

from tests.lifecycle.writes import write_of


class Seen(Exception):
    """An error for which the application has an exception view that answers 500."""


class Forgiven(Exception):
    """An error for which the application has an exception view that answers 200."""


def _returned(status: int) -> Callable[[], object]:
    return lambda: Response(status=status)


def _raised(make_error: Callable[[], BaseException]) -> Callable[[], object]:
    def end() -> object:
        raise make_error()

    return end


# What the view does last, and whether the client must be told that the change was kept.
ENDINGS: dict[str, tuple[Callable[[], object], bool]] = {
    "returned 200": (_returned(200), True),
    "returned 201": (_returned(201), True),
    "returned 204": (_returned(204), True),
    "returned 302": (_returned(302), True),
    "raised HTTPFound": (_raised(lambda: HTTPFound("/elsewhere")), True),
    "raised, and an exception view answered 200": (_raised(Forgiven), True),
    "returned 400": (_returned(400), False),
    "returned 409": (_returned(409), False),
    "returned 500": (_returned(500), False),
    "raised HTTPBadRequest": (_raised(HTTPBadRequest), False),
    "raised ValueError": (_raised(ValueError), False),
    "raised, and an exception view answered 500": (_raised(Seen), False),
    "raised SystemExit": (_raised(SystemExit), False),
    "the renderer failed": (dict, False),
}

SLUGS = {name: name.replace(" ", "-").replace(",", "") for name in ENDINGS}


def endings(config: Configurator) -> None:
    """Add a path for each pair of a write and an ending, as `/{ending}/{write}`."""
    config.add_renderer("failing", lambda info: _fail_to_render)
    config.add_exception_view(lambda request: Response(status=500), context=Seen)
    config.add_exception_view(lambda request: Response(status=200), context=Forgiven)
    for name, (end, _) in ENDINGS.items():
        config.add_route(name, f"/{SLUGS[name]}/{{write}}")
        config.add_view(_write_then(end), route_name=name, renderer="failing")


def _write_then(end: Callable[[], object]) -> Callable[[Request], object]:
    def view(request: Request) -> object:
        write_of(request)
        return end()

    return view


def _fail_to_render(value: Any, system: Any) -> str:
    raise ZeroDivisionError("a template with a fault")
