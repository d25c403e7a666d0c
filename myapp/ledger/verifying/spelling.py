"""The pieces of SQL that the two databases spell differently, and the types in which rows are shown.

A tampered row may hold anything that its column can: so sums are exact beyond 64 bits, and ids and times
are read as texts, because no such row may make the check itself fail.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy import Boolean, ColumnElement, Dialect, Text, TypeDecorator, cast, literal_column
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import UserDefinedType

from myapp.ledger.types import Id, Instant, Int64, from_microseconds

_DAY_MICROSECONDS = 86_400_000_000
# What `12 * year + month` is for January 1970.
_JANUARY_1970 = 1970 * 12 + 1
_WORD = 2**32
_HEX = "[0-9a-f]"
_UUID_PATTERN = "-".join(_HEX * digits for digits in (8, 4, 4, 4, 12))


class Exact(UserDefinedType[Decimal]):
    """A whole number of any size, in an asset's smallest unit."""

    cache_ok = True

    def get_col_spec(self, **options: Any) -> str:
        """Return the name that both databases know it by."""
        return "NUMERIC"

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        """Return what makes a Decimal of the driver's number."""
        return lambda value: None if value is None else Decimal(value)


class Whole(Exact):
    """A whole number of any size that is no amount: a version."""

    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        """Return what makes an int of the driver's number."""
        return lambda value: None if value is None else int(value)


class InstantText(TypeDecorator[str]):
    """A time as text, even one that no datetime can hold."""

    impl = Text
    cache_ok = True

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        """Return the text; SQLite's is the number of microseconds, so it is made readable if it can be."""
        if value is None or dialect.name == "postgresql":
            return None if value is None else str(value)
        try:
            return from_microseconds(int(value)).isoformat()
        except (OverflowError, ValueError):
            return str(value)


def exact(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return a column as a number that no sum or difference can overflow."""
    return cast(column, Exact())


def successor(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return the next whole number."""
    return cast(column, Whole()) + literal_column("1", Whole())


def shown(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return a column as it is shown in a problem: whatever is in it, it can be read."""
    if isinstance(column.type, Instant):
        return cast(column, InstantText())
    return cast(column, Text()) if isinstance(column.type, Id) else column


class exact_sum(FunctionElement[Decimal]):  # noqa: N801 - it is spelled as it stands in SQL
    """The sum of 64-bit numbers, which need not fit into 64 bits itself."""

    type = Exact()
    inherit_cache = True


@compiles(exact_sum, "postgresql")
def _sum_on_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    return f"sum({compiler.process(element.clauses, **options)})"


@compiles(exact_sum, "sqlite")
def _sum_on_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    # SQLite's sum fails past 64 bits. So the two halves of each number are summed apart; a total that fits
    # is exact, and one that does not becomes a float, which equals no number that a row can hold.
    number = compiler.process(element.clauses, **options)
    high, low = f"sum(({number}) >> 32)", f"sum(({number}) & {_WORD - 1})"
    return f"(({high} + ({low} >> 32)) * {_WORD} + ({low} & {_WORD - 1}))"


class day_of(FunctionElement[int]):  # noqa: N801
    """The days since 1970-01-01 (UTC) of a time."""

    type = Int64
    inherit_cache = True


@compiles(day_of, "postgresql")
def _day_on_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    moment = compiler.process(element.clauses, **options)
    # Only between the bounds is the number of days a BIGINT: 'infinity' is a timestamp, too.
    return f"CASE WHEN isfinite({moment}) THEN floor(extract(epoch FROM {moment}) / 86400)::bigint END"


@compiles(day_of, "sqlite")
def _day_on_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    # SQLite divides towards zero; the day before 1970 must be the day -1.
    moment = compiler.process(element.clauses, **options)
    return f"({moment} / {_DAY_MICROSECONDS} - ({moment} % {_DAY_MICROSECONDS} < 0))"


class month_of(FunctionElement[int]):  # noqa: N801
    """The months since January 1970 (UTC) of a time."""

    type = Int64
    inherit_cache = True


@compiles(month_of, "postgresql")
def _month_on_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    moment = compiler.process(element.clauses, **options)
    day = f"{moment} AT TIME ZONE 'UTC'"
    month = f"extract(year FROM {day}) * 12 + extract(month FROM {day}) - {_JANUARY_1970}"
    return f"CASE WHEN isfinite({moment}) THEN ({month})::bigint END"


@compiles(month_of, "sqlite")
def _month_on_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    # NULL where the year has not four digits.
    second = f"{_day_on_sqlite(element, compiler, **options)} * 86400"
    year, month = (f"CAST(strftime('%{each}', {second}, 'unixepoch') AS INTEGER)" for each in "Ym")
    return f"({year} * 12 + {month} - {_JANUARY_1970})"


class is_metadata(FunctionElement[bool]):  # noqa: N801
    """Whether a document is an object of strings."""

    type = Boolean()
    inherit_cache = True


@compiles(is_metadata, "postgresql")
def _metadata_on_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    document = compiler.process(element.clauses, **options)
    # Strict, because a lax path would look into an array of objects, too.
    strings = f"""jsonb_path_exists({document}, 'strict $.* ? (@.type() <> "string")')"""
    return f"CASE WHEN jsonb_typeof({document}) = 'object' THEN NOT {strings} ELSE false END"


@compiles(is_metadata, "sqlite")
def _metadata_on_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    document = compiler.process(element.clauses, **options)
    others = f"EXISTS (SELECT 1 FROM json_each({document}) AS member WHERE member.type <> 'text')"  # noqa: S608
    is_object = f"json_type({document}) = 'object'"
    return f"CASE WHEN json_valid({document}) THEN {is_object} AND NOT {others} ELSE 0 END"


class is_document(FunctionElement[bool]):  # noqa: N801
    """Whether a document is JSON: PostgreSQL stores nothing else, SQLite any text."""

    type = Boolean()
    inherit_cache = True


@compiles(is_document, "postgresql")
def _document_on_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    return "true"


@compiles(is_document, "sqlite")
def _document_on_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    return f"json_valid({compiler.process(element.clauses, **options)})"


class is_id(FunctionElement[bool]):  # noqa: N801
    """Whether an id is a UUID as we write it: PostgreSQL stores nothing else, SQLite any text."""

    type = Boolean()
    inherit_cache = True


@compiles(is_id, "postgresql")
def _id_on_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    return "true"


@compiles(is_id, "sqlite")
def _id_on_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    return f"({compiler.process(element.clauses, **options)} GLOB '{_UUID_PATTERN}')"
