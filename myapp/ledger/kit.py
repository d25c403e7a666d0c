"""The two kits: what the pieces of the write need that differs between the databases."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Text,
    and_,
    bindparam,
    cast,
    func,
    literal_column,
    select,
    true,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from myapp.ledger.dialects import is_postgresql
from myapp.ledger.sources import Source
from myapp.ledger.types import Instant, Int64


@dataclass(frozen=True, slots=True)
class Kit:
    """What differs between the two databases."""

    insert: Callable[..., Any]
    rows: Callable[[Source], FromClause]
    now: ColumnElement[Any]
    # The cell of the one row whose two columns equal two values, in near constant time.
    found: Callable[..., ColumnElement[Any]]
    # Rows joined to the one row of a table that a condition leads to, if there is one; and that row.
    sought: Callable[[FromClause, FromClause, ColumnElement[bool]], tuple[FromClause, FromClause]]
    # Whether each of these pairs is equal.
    same: Callable[..., ColumnElement[bool]]
    document: Callable[[ColumnElement[Any]], ColumnElement[Any]]
    # Whether joins that always find their row are written as outer ones. SQLite goes through those in the
    # order in which they are written; in its own order, a journal of a thousand transactions took minutes.
    outer: bool
    # The parameters of `rows`.
    given: Callable[[Source, Iterable[Sequence[Any]]], dict[str, Any]]


# Written out: as parameters they were two thirds of what was sent with the statement.
_SPACE: ColumnElement[str] = literal_column("' '", Text)
_ONE: ColumnElement[int] = literal_column("1", Int64)

Match = tuple[ColumnElement[Any], ColumnElement[Any]]


def _in_object(rows: FromClause, cell: ColumnElement[Any], first: Match, second: Match) -> ColumnElement[Any]:
    # One object for the whole statement, made when the first row asks: a subquery that names the row would
    # go through all rows again for each of them.
    name, sought = (_words(pair) for pair in zip(first, second, strict=True))
    # A row without the first of them cannot be sought, and would be refused as the name of a member.
    known = select(func.jsonb_object_agg(name, cell, type_=JSONB())).select_from(rows)
    known = known.where(first[0].is_not(None))
    return cast(known.scalar_subquery()[sought].astext, cell.type)


def _by_index(rows: FromClause, cell: ColumnElement[Any], first: Match, second: Match) -> ColumnElement[Any]:
    # An outer join, for which SQLite makes an index, once for the statement.
    one = func.json_each(literal_column("'[0]'")).table_valued("value", name="one")
    return select(cell).select_from(one.outerjoin(rows, _each_equal(first, second))).scalar_subquery()


def _one_by_one(
    rows: FromClause, table: FromClause, condition: ColumnElement[bool]
) -> tuple[FromClause, FromClause]:
    # The limit keeps PostgreSQL from reading the whole table for a join, which it would rather do as long
    # as nothing has counted the table's rows: in new books, and after an import.
    row = select(table).where(condition).limit(_ONE).lateral(f"{table.description}_sought")
    return rows.outerjoin(row, true()), row


def _at_once(
    rows: FromClause, table: FromClause, condition: ColumnElement[bool]
) -> tuple[FromClause, FromClause]:
    return rows.outerjoin(table, condition), table


def _each_equal(*matches: Match) -> ColumnElement[bool]:
    return and_(*(one == other for one, other in matches))


def _as_one_text(*matches: Match) -> ColumnElement[bool]:
    # PostgreSQL takes each further equality for a hundred times fewer rows. It expected one row, and went
    # through all rows of the next table for each of a thousand.
    ones, others = zip(*matches, strict=True)
    return _words(ones) == _words(others)


def _words(columns: Iterable[ColumnElement[Any]]) -> ColumnElement[str]:
    return reduce(lambda words, word: words.concat(_SPACE).concat(word), map(_text, columns))


def _text(column: ColumnElement[Any]) -> ColumnElement[str]:
    return cast(column, Text())


POSTGRESQL = Kit(
    insert=postgresql.insert,
    rows=Source.spread,
    # The clock, not the transaction's start, which is before everything that a write waits for.
    now=func.clock_timestamp(type_=Instant()),
    found=_in_object,
    sought=_one_by_one,
    same=_as_one_text,
    document=lambda column: cast(column, JSONB),
    outer=False,
    given=Source.objects,
)
SQLITE = Kit(
    insert=sqlite.insert,
    rows=Source.walked,
    now=bindparam("now", type_=Instant()),
    found=_by_index,
    sought=_at_once,
    same=_each_equal,
    document=lambda column: column,
    outer=True,
    given=Source.text,
)


def kit_of(session: Session) -> Kit:
    """Return the kit of the session's database."""
    return POSTGRESQL if is_postgresql(session) else SQLITE
