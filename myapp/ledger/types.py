"""Column types that mean the same on both databases; on SQLite, only what a STRICT table allows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, Dialect, Integer, Text, TypeDecorator, Uuid
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.types import TypeEngine

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
# Made once: json.dumps makes one for each value that it is given options with.
_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))

# 64 bits on both; SQLite's STRICT tables know no BIGINT.
Int64 = BigInteger().with_variant(Integer(), "sqlite")
# Sorted by code point on both, as Python and every keyset cursor do.
SortedText = Text().with_variant(Text(collation="C"), "postgresql")


def to_microseconds(moment: datetime) -> int:
    """Return the microseconds since 1970-01-01 of an aware time."""
    return (moment - _EPOCH) // _MICROSECOND


def from_microseconds(microseconds: int) -> datetime:
    """Return the aware UTC time of this many microseconds since 1970-01-01."""
    return _EPOCH + microseconds * _MICROSECOND


class Instant(TypeDecorator[datetime]):
    """An aware UTC time to the microsecond: timestamptz on PostgreSQL, an integer on SQLite."""

    impl = Integer
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the database's type."""
        native = TIMESTAMP(timezone=True) if dialect.name == "postgresql" else Integer()
        return dialect.type_descriptor(native)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Return what the driver takes."""
        return value if value is None or dialect.name == "postgresql" else to_microseconds(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Return an aware UTC time."""
        if value is None:
            return None
        return value.astimezone(UTC) if isinstance(value, datetime) else from_microseconds(value)


class Id(TypeDecorator[UUID]):
    """A UUID: native on PostgreSQL, its readable text on SQLite."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the database's type."""
        return dialect.type_descriptor(Uuid() if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: UUID | None, dialect: Dialect) -> Any:
        """Return what the driver takes."""
        return value if value is None or dialect.name == "postgresql" else str(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> UUID | None:
        """Return a UUID."""
        return value if value is None or isinstance(value, UUID) else UUID(value)


class Document(TypeDecorator[Any]):
    """A JSON value: jsonb on PostgreSQL, text on SQLite."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the database's type."""
        return dialect.type_descriptor(JSONB() if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """Return what the driver takes."""
        return value if value is None or dialect.name == "postgresql" else dump_document(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Return the decoded value, members in the order of their names."""
        if dialect.name == "postgresql":
            return _in_order(value)
        return json.loads(value) if isinstance(value, str) else value


class Flag(TypeDecorator[bool]):
    """True or false: boolean on PostgreSQL, 0 or 1 on SQLite."""

    impl = Integer
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the database's type."""
        return dialect.type_descriptor(Boolean() if dialect.name == "postgresql" else Integer())

    def process_result_value(self, value: Any, dialect: Dialect) -> bool | None:
        """Return a bool."""
        return value if value is None else bool(value)


def _in_order(value: Any) -> Any:
    # PostgreSQL keeps the members by the lengths of their names; SQLite's text is written in order.
    if isinstance(value, dict):
        return {name: _in_order(value[name]) for name in sorted(value)}
    return list(map(_in_order, value)) if isinstance(value, list) else value


def dump_document(value: Mapping[str, Any] | list[Any]) -> str:
    """Return a JSON value as text, the same text for the same value."""
    return _ENCODER.encode(value)
