"""Keyset pages: one row more than asked for tells whether there is a next page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from myapp.ledger.views import Page

Item = TypeVar("Item")


def page_of(rows: Sequence[Item], limit: int, key: Callable[[Item], tuple[Any, ...]]) -> Page[Item]:
    """Return the first `limit` of up to `limit + 1` rows, and where to go on."""
    items = rows[:limit]
    return Page(items, key(items[-1]) if len(rows) > limit else None)
