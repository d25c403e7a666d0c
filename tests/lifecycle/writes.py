"""Every way of writing that SQLAlchemy offers a view; each changes the bookcase once.

The stock recipe loses most of them: it sees ORM flushes alone.
"""

from __future__ import annotations

from collections.abc import Callable

from pyramid.request import Request
from pyramid.response import Response
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from tests.lifecycle.bookcase import Shelf
from tests.lifecycle.site import Part, at

Write = Callable[[Session], object]

SHELVES = Shelf.__table__
INSERT = "INSERT INTO shelf (name, visits) VALUES ('{name}', 0)"


def row(name: str) -> dict[str, object]:
    return {"name": name, "visits": 0}


def orm_add(session: Session) -> None:
    session.add(Shelf(name="orm_add"))


def orm_add_and_flush(session: Session) -> None:
    session.add(Shelf(name="orm_add_and_flush"))
    session.flush()


def orm_insert(session: Session) -> None:
    session.execute(insert(Shelf), [row("orm_insert")])


def core_insert(session: Session) -> None:
    session.execute(insert(SHELVES).values(row("core_insert")))


def core_update(session: Session) -> None:
    session.execute(update(SHELVES).where(SHELVES.c.id == 1).values(visits=SHELVES.c.visits + 1))


def core_delete(session: Session) -> None:
    session.execute(delete(SHELVES).where(SHELVES.c.id == 2))


def textual(session: Session) -> None:
    session.execute(text(INSERT.format(name="textual")))


def on_the_connection(session: Session) -> None:
    session.connection().execute(insert(SHELVES).values(row("on_the_connection")))


def driver_sql(session: Session) -> None:
    session.connection().exec_driver_sql(INSERT.format(name="driver_sql"))


def bulk_insert_mappings(session: Session) -> None:
    session.bulk_insert_mappings(Shelf.__mapper__, [row("bulk_insert_mappings")])


def bulk_save_objects(session: Session) -> None:
    session.bulk_save_objects([Shelf(name="bulk_save_objects")])


def from_statement(session: Session) -> None:
    returning = text(INSERT.format(name="from_statement") + " RETURNING id, name, visits")
    session.scalars(select(Shelf).from_statement(returning)).one()


def writable_cte(session: Session) -> None:
    written = insert(SHELVES).values(row("writable_cte")).returning(SHELVES.c.id).cte("written")
    session.execute(select(written.c.id)).one()


def upsert(session: Session) -> None:
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    session.execute(
        dialect.insert(SHELVES)
        .values(id=1, **row("upsert"))
        .on_conflict_do_update(index_elements=["id"], set_={"name": "upsert"})
    )


def in_a_savepoint(session: Session) -> None:
    with session.begin_nested():
        session.execute(insert(SHELVES).values(row("in_a_savepoint")))


_EVERYWHERE: tuple[Write, ...] = (
    orm_add, orm_add_and_flush, orm_insert, core_insert, core_update, core_delete, textual, on_the_connection,
    driver_sql, bulk_insert_mappings, bulk_save_objects, from_statement, upsert, in_a_savepoint,
)  # fmt: skip


def writes_for(dialect: str) -> dict[str, Write]:
    """Return the ways of writing that a product knows, by name; SQLite has no writable CTE."""
    writes = _EVERYWHERE if dialect == "sqlite" else (*_EVERYWHERE, writable_cte)
    return {write.__name__: write for write in writes}


def write_of(request: Request) -> None:
    """Make the write that the path names."""
    writes_for("postgresql")[request.matchdict["write"]](request.dbsession)


def writing(path: str, answer: Callable[[], object] = Response, **options: object) -> Part:
    """Return the part of an application that writes as `{write}` in its path says, then answers."""

    def view(request: Request) -> object:
        write_of(request)
        return answer()

    return at(path, view, **options)
