"""The two kits: what the pieces of the write need that differs between the databases."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, FromClause, bindparam, cast, func
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from myapp.ledger.dialects import is_postgresql
from myapp.ledger.sources import Source
from myapp.ledger.types import Instant


@dataclass(frozen=True, slots=True)
class Kit:
    """What differs between the two databases."""

    insert: Callable[..., Any]
    rows: Callable[[Source], FromClause]
    now: ColumnElement[Any]
    document: Callable[[ColumnElement[Any]], ColumnElement[Any]]
    # Whether joins that always find their row are written as outer ones. SQLite goes through those in the
    # order in which they are written; in its own order, a journal of a thousand transactions took minutes.
    outer: bool
    # The parameters of `rows`.
    given: Callable[[Source, Iterable[Sequence[Any]]], dict[str, Any]]


POSTGRESQL = Kit(
    insert=postgresql.insert,
    rows=Source.unnested,
    # The clock, not the transaction's start: it is read once the balances are locked, so on one
    # account a later version never has an earlier time.
    now=func.clock_timestamp(type_=Instant()),
    document=lambda column: cast(column, JSONB),
    outer=False,
    given=Source.arrays,
)
SQLITE = Kit(
    insert=sqlite.insert,
    rows=Source.walked,
    now=bindparam("now", type_=Instant()),
    document=lambda column: column,
    outer=True,
    given=Source.text,
)


def kit_of(session: Session) -> Kit:
    """Return the kit of the session's database."""
    return POSTGRESQL if is_postgresql(session) else SQLITE
