"""The addresses of pages, by their names in the table."""

from __future__ import annotations

from typing import Any

# The names of routes that are pages begin with it.
PREFIX = "page."


def address_of(request: Any, name: str, **parts: Any) -> str:
    """Return the address of a page; of the ledger that this request is about, unless it says otherwise."""
    ledger = (request.matchdict or {}).get("ledger")
    given = {"ledger": ledger, **parts} if ledger is not None else parts
    address: str = request.route_path(PREFIX + name, **given)
    return address
