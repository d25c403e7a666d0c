"""An address that does not know a method says which ones it knows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from pyramid.response import Response

from myapp.http.errors import MethodNotAllowed


def method_not_allowed(known: Iterable[str]) -> Callable[[Any], Response]:
    """Return the view of an address for every method but the known ones; who knows GET knows HEAD."""
    methods = set(known)
    allow = sorted(methods | {"HEAD"} if "GET" in methods else methods)

    def refuse(request: Any) -> Response:
        raise MethodNotAllowed(f"{request.method} is not known here.", allow=allow)

    return refuse
