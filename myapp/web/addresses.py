"""The addresses of pages, by their names in the table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

# The names of routes that are pages begin with it.
PREFIX = "page."

_SAFE_IN_SEGMENT = "~!$&'()*+,;=:@"
_SEPARATOR = ":"


def address_of(request: Any, name: str, query: Mapping[str, str] | None = None, **parts: Any) -> str:
    """Return the address of a page; of the ledger that this request is about, unless it says otherwise."""
    ledger = (request.matchdict or {}).get("ledger")
    given = {"ledger": ledger, **parts} if ledger is not None else parts
    path = given.get("path")
    if path is not None:
        given = {**given, "path": ""}
    address: str = request.route_path(PREFIX + name, **given)
    if path is not None:
        address += _segment(path)
    return f"{address}?{urlencode(query)}" if query else address


def address_here(request: Any, query: Mapping[str, str] | None = None) -> str:
    """Return the address of the page that is asked for, with another query."""
    return address_of(request, request.matched_route.name.removeprefix(PREFIX), query, **request.matchdict)


def _segment(path: str) -> str:
    # A browser resolves "." and ".." between slashes, so an account's path is one segment: its own slashes
    # are written as %2F. Where it is dots alone nothing can hide them, but no path ends in a separator.
    text = path + _SEPARATOR if path in (".", "..") else path
    return quote(text, safe=_SAFE_IN_SEGMENT)


def account_path(request: Any) -> str:
    """Return the account that an address of `address_of` names."""
    path: str = request.matchdict["path"]
    return path.removesuffix(_SEPARATOR)
