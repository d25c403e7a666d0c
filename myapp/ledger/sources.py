"""Rows as a parameter: how many rows reach one statement on each database.

Either way they are one JSON text, and the statement's text is the same for one row and for a thousand, so it
is compiled once. (An array a column, which PostgreSQL could unnest as well, cost five times as much of the
driver's time and four times as much of the database's: a posting has some forty columns in all.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import (
    CTE,
    JSON,
    FromClause,
    Select,
    Text,
    bindparam,
    cast,
    column,
    func,
    literal_column,
    select,
    true,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.types import TypeEngine

_SQLITE = sqlite.dialect()


def materialized(selected: Select[Any], name: str) -> CTE:
    """Return what is selected as a table of its own, made once, which a join may index.

    For SQLite: woven into a join, the text would be parsed again for every row of the other side, and the
    planner, which cannot know how few rows there are, would begin with every account of the ledger.
    """
    return selected.cte(name).prefix_with("MATERIALIZED")


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """Named, typed columns whose rows are given at execution."""

    name: str
    columns: Mapping[str, TypeEngine[Any]]

    def spread(self) -> FromClause:
        """Return the rows on PostgreSQL, from one JSON parameter: an array of objects."""
        document = cast(bindparam(self.name, type_=Text), JSON())
        columns = [column(name, type_) for name, type_ in self.columns.items()]
        rows = func.json_to_recordset(document).table_valued(*columns, name=self.name)
        return rows.render_derived(with_types=True)

    def walked(self) -> FromClause:
        """Return the rows on SQLite, from one JSON parameter: an array of arrays."""
        rows = func.json_each(bindparam(self.name, type_=Text)).table_valued("value", name=self.name)
        cells = [
            func.json_extract(rows.c.value, literal_column(f"'$[{number}]'"), type_=type_).label(name)
            for number, (name, type_) in enumerate(self.columns.items())
        ]
        # A second text, of one row, changes nothing but the planner's guess: SQLite takes a text to have 25
        # rows, too few for an index of its own, and would go through all of them for each row of a join.
        one = func.json_each(literal_column("'[0]'")).table_valued("value", name=f"{self.name}_one")
        return materialized(select(*cells).select_from(rows.join(one, true())), f"{self.name}_rows")

    def objects(self, rows: Iterable[Sequence[Any]]) -> dict[str, Any]:
        """Return the parameter of `spread` for these rows."""
        shape = _shape(self)
        return {self.name: msgspec.json.encode([shape(*row) for row in rows]).decode()}

    def text(self, rows: Iterable[Sequence[Any]]) -> dict[str, Any]:
        """Return the parameter of `walked` for these rows."""
        columns = list(zip(*rows, strict=True)) or [()] * len(self.columns)
        written = [
            cells if process is None else map(process, cells)
            for process, cells in zip(_processors(self), columns, strict=True)
        ]
        return {self.name: msgspec.json.encode(list(zip(*written, strict=True))).decode()}


@cache
def _shape(source: Source) -> type[msgspec.Struct]:
    """Return a class with the columns as attributes: it is made and encoded faster than a dictionary."""
    return msgspec.defstruct(source.name, source.columns)


@cache
def _processors(source: Source) -> list[Callable[[Any], Any] | None]:
    """Return what each column's cells are made ready by for SQLite; to make these takes longer than a row."""
    return [type_.bind_processor(_SQLITE) for type_ in source.columns.values()]
