"""Put a backup's rows back, all or nothing, and keep them only once `verify` finds the books right."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from operator import itemgetter
from typing import BinaryIO

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from myapp.ledger import verifying
from myapp.ledger.backup.columns import converted, insertion, parameter, readers
from myapp.ledger.backup.emptying import count_on, empty, is_empty, shut_others_out
from myapp.ledger.backup.errors import BackupError, WrongBooks
from myapp.ledger.backup.lines import End, Header, Line, Row, TableStart, header_of, read
from myapp.ledger.backup.order import originals_first
from myapp.ledger.backup.taking import CHUNK_ROWS, Progress
from myapp.ledger.core import TXN
from myapp.ledger.dialects import is_postgresql
from myapp.ledger.tables import Base, Ledger

# What `verify` calls the rows that belong to no ledger.
_SERVICE = "the service's own rows"
_OTHER_TABLES = "The backup has other tables than this database: nothing was restored."


def restore(
    session: Session, source: BinaryIO, *, schema: str, force: bool = False, progress: Progress = bool
) -> None:
    """Write all rows of a backup into a database without any; with `force`, delete those that are there.

    Raises, and the transaction must abort then:
        BackupError: the file is not whole, or of another schema; the database is not empty; the books are
            wrong (`WrongBooks`).
    """
    lines = read(source)
    _require_schema(header_of(lines), schema)
    shut_others_out(session)
    if force:
        empty(session)
    elif not is_empty(session):
        raise BackupError("This database is not empty; --force deletes all of it and restores the backup.")
    _load(session, lines, progress)
    count_on(session)
    _require_right(session)


def _require_schema(header: Header, schema: str) -> None:
    if header.schema != schema:
        raise BackupError(
            f"The backup has schema {header.schema}, and this database {schema}. Restore it with version "
            f"{header.application} of myapp, into a database which that version migrated; then migrate it."
        )


def _load(session: Session, lines: Iterator[Line], progress: Progress) -> None:
    for table, placed in groupby(_placed(lines), key=itemgetter(0)):
        rows: Iterator[Row] = (row for _, row in placed)
        _insert(session, table, originals_first(rows) if table is TXN else rows, progress)


def _placed(lines: Iterable[Line]) -> Iterator[tuple[Table, Row]]:
    table: Table | None = None
    for line in lines:
        if isinstance(line, TableStart):
            table = _table_of(line)
        elif isinstance(line, list):
            if table is None or len(line) != len(table.columns):
                raise BackupError(_OTHER_TABLES)
            yield table, line
        elif isinstance(line, End) and line.rows.keys() != Base.metadata.tables.keys():
            raise BackupError(_OTHER_TABLES)


def _table_of(start: TableStart) -> Table:
    table = Base.metadata.tables.get(start.name)
    if table is None or [column.name for column in table.columns] != start.columns:
        raise BackupError(_OTHER_TABLES)
    return table


def _insert(session: Session, table: Table, rows: Iterator[Row], progress: Progress) -> None:
    columns = list(table.columns)
    names = [parameter(column) for column in columns]
    conversions = readers(columns, postgresql=is_postgresql(session))
    statement = insertion(table)
    while chunk := list(islice(rows, CHUNK_ROWS)):
        try:
            values = [dict(zip(names, converted(row, conversions), strict=True)) for row in chunk]
            session.execute(statement, values)
        except (OverflowError, TypeError) as error:
            # SQLite keeps what somebody tampered with; there is no such time, and no such number, elsewhere.
            raise BackupError(f"A row of {table.name} cannot be stored in this database: {error}") from error
        progress(len(chunk))


def _require_right(session: Session) -> None:
    for name in session.scalars(select(Ledger.name).order_by(Ledger.name)).all():
        _require_green(name, verifying.verify(session, name))
    _require_green(_SERVICE, verifying.verify_service(session))


def _require_green(owner: str, found: verifying.Verification) -> None:
    for check in found.checks:
        for problem in check.problems:
            raise WrongBooks(owner, problem)
