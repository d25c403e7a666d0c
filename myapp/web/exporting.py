"""Take the books out: the files of the export, as downloads."""

from __future__ import annotations

from typing import Any

from pyramid.response import Response

from myapp.http.errors import NotFound
from myapp.interchange.downloads import download
from myapp.interchange.exporting import FORMATS


def read(request: Any) -> Response:
    """Stream the books in the format that the address names.

    Raises:
        NotFound: there is no such format.
    """
    name = request.matchdict["format"]
    if name not in FORMATS:
        raise NotFound(f"There is no format {name!r}.")
    return download(request, name)
