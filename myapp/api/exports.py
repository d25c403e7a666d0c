"""The view of exports."""

from __future__ import annotations

from pyramid.response import Response

from myapp.http import parameters
from myapp.http.negotiation import negotiated
from myapp.http.request import Request
from myapp.interchange.downloads import download
from myapp.interchange.exporting import FORMATS


def read(request: Request) -> Response:
    """Stream the books in the format that the query names."""
    name = parameters.needed(_format, request, "format")
    # The route offers the types of all formats.
    negotiated(request, [FORMATS[name].media_type])
    return download(request, name)


def _format(request: Request, name: str) -> str | None:
    return parameters.choice(request, name, tuple(FORMATS))
