"""Run the migrations on the connection that is handed in, or on the database of the ini file."""

from __future__ import annotations

from pathlib import Path

from pyramid.exceptions import ConfigurationError
from sqlalchemy import Connection, func, select

from alembic import context
from myapp.cli.configuration import database_url
from myapp.db import make_engine, unhurried
from myapp.ledger.holds import tables  # noqa: F401 - its tables belong to the metadata
from myapp.ledger.tables import Base
from myapp.security import keys  # noqa: F401 - its table belongs to the metadata

# Any number that no other lock in the database has.
_MIGRATING = 4_151_230_917


def run(connection: Connection) -> None:
    """Migrate within one transaction: SQLite's DDL is transactional once BEGIN is explicit."""
    context.configure(connection=connection, target_metadata=Base.metadata, transactional_ddl=True)
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":
            # Two programs that find a new database empty would both make the first table, and one would fail
            # with the catalogue's words. On SQLite whoever begins has the file already.
            connection.execute(select(func.pg_advisory_xact_lock(_MIGRATING)))
        context.run_migrations()


def main() -> None:
    """Find the connection and migrate."""
    connection = context.config.attributes.get("connection")
    if connection is not None:
        run(connection)
        return
    ini = Path(context.config.config_file_name or "development.ini")
    try:
        engine = make_engine(unhurried(database_url(ini)))
    except ConfigurationError as error:
        raise SystemExit(str(error)) from error
    try:
        with engine.connect() as own_connection:
            run(own_connection)
    finally:
        engine.dispose()


main()
