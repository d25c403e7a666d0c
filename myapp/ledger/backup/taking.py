"""Write every row of every table, in the order of the keys, as one snapshot shows them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, BinaryIO

from sqlalchemy import Select, Table, func, select
from sqlalchemy.orm import Session

from myapp.ledger.backup.columns import converted, stored, writers
from myapp.ledger.backup.lines import FORMAT, End, Header, Row, TableStart, write
from myapp.ledger.dialects import is_postgresql
from myapp.ledger.tables import Base

# Told how many more rows are done.
Progress = Callable[[int], object]

# Rows in memory at a time.
CHUNK_ROWS = 500


def count_rows(session: Session) -> int:
    """Return how many rows there are in all tables."""
    tables = Base.metadata.sorted_tables
    counts = [select(func.count()).select_from(table).scalar_subquery() for table in tables]
    return sum(session.execute(select(*counts)).one())


def take(
    session: Session,
    out: BinaryIO,
    *,
    schema: str,
    application: str,
    now: datetime,
    progress: Progress = bool,
) -> End:
    """Write a backup of what the session's snapshot shows, and return its end.

    The session reads only, so that all tables are of one moment; memory holds a few hundred rows.
    """
    counts: Counter[str] = Counter()
    header = Header(FORMAT, schema, application, now)
    return write(out, _lines(session, header, counts, progress), counts)


def _lines(
    session: Session, header: Header, counts: Counter[str], progress: Progress
) -> Iterator[Row | Header | TableStart]:
    yield header
    for table in Base.metadata.sorted_tables:
        counts[str(table.name)] = 0
        yield TableStart(str(table.name), [str(column.name) for column in table.columns])
        for rows in _chunks(session, table):
            yield from rows
            counts[str(table.name)] += len(rows)
            progress(len(rows))


def _chunks(session: Session, table: Table) -> Iterator[list[Row]]:
    conversions = writers(list(table.columns), postgresql=is_postgresql(session))
    result = session.execute(_every_row(table), execution_options={"yield_per": CHUNK_ROWS})
    for rows in result.partitions():
        yield [converted(row, conversions) for row in rows]


def _every_row(table: Table) -> Select[Any]:
    return select(*(stored(column) for column in table.columns)).order_by(*table.primary_key.columns)
