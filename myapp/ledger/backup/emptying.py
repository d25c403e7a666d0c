"""Have the database alone, tell whether it is empty, and empty it: the one place that deletes a journal.

The journal's triggers refuse DELETE. They are taken away and put back within the one transaction, so nobody
else ever sees tables without them, and a restore that fails leaves them as they were.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Identity, Table, delete, exists, func, literal, select, text
from sqlalchemy.orm import Session

from myapp.ledger.dialects import is_postgresql
from myapp.ledger.tables import Base


def shut_others_out(session: Session) -> None:
    """Let nobody else write until the transaction ends; on SQLite it began so. Others read what was there."""
    if is_postgresql(session):
        session.execute(text(f"LOCK TABLE {', '.join(_names())} IN EXCLUSIVE MODE"))


def is_empty(session: Session) -> bool:
    """Tell whether no table has a row."""
    found = [exists(select(literal(1)).select_from(table)) for table in Base.metadata.tables.values()]
    return not any(session.execute(select(*found)).one())


def empty(session: Session) -> None:
    """Delete every row of every table."""
    with _without_triggers(session):
        for table in reversed(Base.metadata.sorted_tables):
            session.execute(delete(table))


@contextmanager
def _without_triggers(session: Session) -> Iterator[None]:
    # Not put back after an error, when the transaction takes no more statements and undoes all of this.
    if is_postgresql(session):
        _switch_triggers(session, "DISABLE")
        yield
        _switch_triggers(session, "ENABLE")
        return
    triggers = session.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
    for name, _ in triggers:
        session.execute(text(f'DROP TRIGGER "{name}"'))
    yield
    for _, definition in triggers:
        session.connection().exec_driver_sql(definition)


def _switch_triggers(session: Session, action: str) -> None:
    # USER leaves the foreign keys' own triggers at work.
    for name in _names():
        session.execute(text(f"ALTER TABLE {name} {action} TRIGGER USER"))


def count_on(session: Session) -> None:
    """Let PostgreSQL's sequences go on behind the restored ids, and let it plan for the restored rows.

    A sequence is only ever moved forward: it does not come back when the transaction aborts. SQLite looks at
    the highest id that is there.
    """
    if not is_postgresql(session):
        return
    for table in Base.metadata.sorted_tables:
        _move_sequences(session, table)
    # Without it, verify would be planned for empty tables.
    session.execute(text(f"ANALYZE {', '.join(_names())}"))


def _move_sequences(session: Session, table: Table) -> None:
    for column in table.columns:
        if isinstance(column.identity, Identity):
            sequence = func.pg_get_serial_sequence(table.name, column.name)
            highest = func.coalesce(func.max(column), 0)
            session.execute(select(func.setval(sequence, func.greatest(highest, func.nextval(sequence)))))


def _names() -> list[str]:
    return [f'"{table.name}"' for table in Base.metadata.sorted_tables]
