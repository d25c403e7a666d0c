"""A column's value as the file has it: the integer or the text of SQLite, whatever the product.

PostgreSQL has types of its own for ids, times, flags and documents; SQLite has what stands in the file, and
is not asked what it means, so that rows somebody tampered with are copied as they are.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import (
    BindParameter,
    Column,
    ColumnElement,
    Insert,
    Integer,
    Table,
    Text,
    bindparam,
    cast,
    insert,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import TIMESTAMP

from myapp.ledger.types import (
    Document,
    Flag,
    Id,
    Instant,
    Int64,
    dump_document,
    from_microseconds,
    to_microseconds,
)

Convert = Callable[[Any], Any]

_TIME = Int64.with_variant(TIMESTAMP(timezone=True), "postgresql")


def stored(column: Column[Any]) -> ColumnElement[Any]:
    """Return what to select, so that a row has what the database stores."""
    if isinstance(column.type, Instant):
        return type_coerce(column, _TIME)
    simpler = _simpler(column)
    # A cast tells the null of JSON from no value at all, which a decoded document does not.
    return column if simpler is None else cast(column, simpler).label(column.name)


def insertion(table: Table) -> Insert:
    """Return the INSERT of a row as the file has it; its parameters have the names of `parameter`."""
    return insert(table).values({column.name: _bound(column) for column in table.columns})


def parameter(column: Column[Any]) -> str:
    """Return the parameter's name; the column's own name is SQLAlchemy's."""
    return f"new_{column.name}"


def _bound(column: Column[Any]) -> ColumnElement[Any]:
    simpler = _simpler(column)
    if simpler is not None:
        return cast(bindparam(parameter(column), type_=simpler), column.type)
    kind = _TIME if isinstance(column.type, Instant) else column.type
    plain: BindParameter[Any] = bindparam(parameter(column), type_=kind)
    return plain


def _simpler(column: Column[Any]) -> Text | Integer | None:
    if isinstance(column.type, Flag):
        return Integer()
    return Text() if isinstance(column.type, Id | Document) else None


def writers(columns: Sequence[Column[Any]], *, postgresql: bool) -> list[tuple[int, Convert]]:
    """Return what turns a row's values into those of the file, each with its place in the row."""
    return _conversions(columns, {Instant: to_microseconds, Document: _respelled} if postgresql else {})


def readers(columns: Sequence[Column[Any]], *, postgresql: bool) -> list[tuple[int, Convert]]:
    """Return the same for the way back."""
    return _conversions(columns, {Instant: from_microseconds} if postgresql else {})


def _conversions(columns: Sequence[Column[Any]], by_type: dict[type, Convert]) -> list[tuple[int, Convert]]:
    places = enumerate(type(column.type) for column in columns)
    return [(place, by_type[kind]) for place, kind in places if kind in by_type]


def converted(values: Sequence[Any], conversions: Sequence[tuple[int, Convert]]) -> list[Any]:
    """Return the values of a row, converted where there is something to convert."""
    row = list(values)
    for place, convert in conversions:
        if row[place] is not None:
            row[place] = convert(row[place])
    return row


def _respelled(text: str) -> str:
    # The spelling of jsonb has spaces, and SQLite's none.
    return dump_document(json.loads(text))
