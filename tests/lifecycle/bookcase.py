"""The tables of the foreign application: a shelf counts its visits, and a book stands on a shelf."""

from __future__ import annotations

from sqlalchemy import ForeignKey, NullPool, create_engine, insert
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from tests.databases import Database

SEED = [{"id": 1, "name": "first", "visits": 0}, {"id": 2, "name": "second", "visits": 0}]


class Base(DeclarativeBase):
    """The foreign application's own metadata, which has never heard of the ledger."""


class Shelf(Base):
    __tablename__ = "shelf"

    # Numbers are given by hand or by the database; the seed's are below any that a test uses.
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    visits: Mapped[int] = mapped_column(default=0)


class Book(Base):
    __tablename__ = "book"

    id: Mapped[int] = mapped_column(primary_key=True)
    # Deferred, so that a missing shelf is found by COMMIT and by nothing before it.
    shelf_id: Mapped[int] = mapped_column(ForeignKey("shelf.id", deferrable=True, initially="DEFERRED"))


def build(database: Database) -> None:
    """Make the tables and put two shelves in."""
    engine = create_engine(database.url, poolclass=NullPool)
    with engine.begin() as connection:
        Base.metadata.create_all(connection)
        connection.execute(insert(Shelf), SEED)
        if database.dialect == "postgresql":
            # The seed's numbers were given by hand, which the sequence did not notice.
            connection.exec_driver_sql("ALTER SEQUENCE shelf_id_seq RESTART WITH 100")
