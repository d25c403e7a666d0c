"""`/docs`: the API explorer, Swagger UI in its own files, under a policy that lets nothing else in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pyramid.config import Configurator
from pyramid.response import Response

FOLDER = Path(__file__).parent
# The names of the two routes.
PAGE, FILE = "docs", "docs.file"
# Scripts, styles and requests from and to this service alone; the style sheet has its pictures inside.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
FILES: Mapping[str, str] = {
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
    "start.js": "text/javascript",
}
# A file keeps its name when it changes, so a browser asks again after an hour.
_FRESH_S = 3600


def includeme(config: Configurator) -> None:
    """Add the page and its files; no key is needed to read them."""
    config.add_route(PAGE, "/docs")
    config.add_route(FILE, "/docs/{file:" + "|".join(name.replace(".", r"\.") for name in FILES) + "}")
    config.add_view(_page, route_name=PAGE, request_method="GET")
    config.add_view(_file, route_name=FILE, request_method="GET")


def _page(request: Any) -> Response:
    return _answer("index.html", "text/html")


def _file(request: Any) -> Response:
    name = request.matchdict["file"]
    return _answer(name, FILES[name])


def _answer(name: str, content_type: str) -> Response:
    response = Response((FOLDER / name).read_bytes(), content_type=content_type, charset="utf-8")
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.cache_control.max_age = _FRESH_S
    return response
