"""From the route table to Pyramid: routes, views, 405, and the steps around every view."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from functools import cache
from typing import Any

import msgspec
from pyramid.config import Configurator
from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED

from myapp.api import explorer, openapi, specification
from myapp.api.answer import Answer, respond
from myapp.api.idempotency import HEADER, answer_once
from myapp.api.route import Route
from myapp.api.routes import ROUTES
from myapp.db import mark_repeatable
from myapp.http.body import decode_json, read_body
from myapp.http.errors import Forbidden, Unauthenticated
from myapp.http.methods import method_not_allowed
from myapp.http.negotiation import negotiated
from myapp.http.parameters import require_known
from myapp.http.problems import respond as problem_response
from myapp.http.reach import admit, no_ledger


def includeme(config: Configurator) -> None:
    """Register the table."""
    specification.keep(config.registry, _document())
    by_path: dict[str, list[Route]] = defaultdict(list)
    for route in ROUTES:
        by_path[route.path].append(route)
    for path, routes in by_path.items():
        _add_path(config, path, routes)
    for name in ("healthz", "readyz", "metrics", explorer.PAGE, explorer.FILE):
        config.add_view(method_not_allowed(["GET"]), route_name=name)
    config.add_forbidden_view(_forbidden)


@cache
def _document() -> bytes:
    # A table has one document, in however many applications a process serves it.
    return msgspec.json.encode(openapi.document(ROUTES))


def _add_path(config: Configurator, path: str, routes: list[Route]) -> None:
    config.add_route(path, path)
    for route in routes:
        permission = NO_PERMISSION_REQUIRED if route.permission is None else route.permission
        config.add_view(_view(route), route_name=path, request_method=route.method, permission=permission)
    config.add_view(method_not_allowed(route.method for route in routes), route_name=path)


def _view(route: Route) -> Callable[[Any], Response]:
    def view(request: Any) -> Response:
        admit(request, route.permission, own_share=route.own_share)
        media_type = negotiated(request, route.offered)
        require_known(request, route.parameters)
        arguments = _arguments(request, route)

        if route.streamed_as:
            return route.view(request, *arguments)

        def call() -> Answer:
            return route.view(request, *arguments)

        return _respond_once(request, route, call, media_type)

    return view


def _respond_once(request: Any, route: Route, call: Callable[[], Answer], media_type: str) -> Response:
    if request.method == "POST" and request.headers.get(HEADER) is not None:
        mark_repeatable(request)
    return respond(answer_once(request, call) if route.idempotent else call(), media_type)


def _arguments(request: Any, route: Route) -> tuple[Any, ...]:
    bytes_max = getattr(request.registry["settings"], route.bytes_max)
    if route.body is not None:
        body = read_body(request, route.media_types, bytes_max)
        return (decode_json(body or b"{}" if route.body_optional else body, route.body),)
    if route.reader is not None:
        return (route.reader(request, read_body(request, route.media_types, bytes_max)),)
    return ()


def _forbidden(request: Any) -> Response:
    if request.identity is None:
        return problem_response(Unauthenticated("Send a valid key as `Authorization: Bearer …`."), request)
    ledger = request.matchdict.get("ledger") if request.matchdict else None
    if ledger is not None and not request.identity.sees(ledger):
        return problem_response(no_ledger(ledger), request)
    return problem_response(Forbidden("The key's scopes do not allow this."), request)
