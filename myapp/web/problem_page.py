"""A refusal as a page, where a page was asked for; the problem document stays the source of its words."""

from __future__ import annotations

from typing import Any

from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPSeeOther
from pyramid.renderers import render
from pyramid.response import Response

from myapp.web.addresses import PREFIX, address_here, address_of
from myapp.web.protection import HEADERS


def includeme(config: Configurator) -> None:
    """Let the one function that answers refusals ask here first."""
    config.registry["problem_page"] = problem_page


def is_page(request: Any) -> bool:
    """Tell whether a page is asked for: at a page's address, or by a browser that lost its way."""
    route = getattr(request, "matched_route", None)
    if route is not None:
        return bool(route.name.startswith(PREFIX))
    accepted = request.accept.acceptable_offers(["application/json", "text/html"])
    # Not decoded: what is refused may be an address that is no UTF-8.
    return not request.environ.get("PATH_INFO", "").startswith("/v1") and accepted[:1] == [("text/html", 1.0)]


def problem_page(request: Any, document: dict[str, Any]) -> Response | None:
    """Return the page of a problem document, None where no page was asked for."""
    if not is_page(request):
        return None
    if document["code"] == "unauthenticated":
        return _to_sign_in(request)
    body = render("problem.html", {"problem": document}, request)
    response = Response(body, status=document["status"], content_type="text/html", charset="utf-8")
    response.headers.update(HEADERS)
    return response


def _to_sign_in(request: Any) -> Response:
    # A form that was sent cannot be sent again after signing in: its page is where to go on.
    onward = _asked_for(request) if request.method == "GET" else "/"
    return HTTPSeeOther(address_of(request, "sign_in", {"next": onward}))


def _asked_for(request: Any) -> str:
    # The query as it came, because nobody has looked yet whether it can be read.
    query = request.query_string
    return f"{address_here(request)}?{query}" if query else address_here(request)
