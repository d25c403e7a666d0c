"""All texts that begin with a prefix, the same on both databases."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, func


def begins_with(column: Any, prefix: str) -> ColumnElement[bool]:
    """Return the condition that a text begins with a prefix; upper and lower case differ.

    LIKE would not do: SQLite's takes no notice of case. The comparison lets an index find the start.
    """
    return and_(column >= prefix, func.substr(column, 1, len(prefix)) == prefix)
