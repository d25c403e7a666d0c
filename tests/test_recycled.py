"""What one test leaves in a PostgreSQL database, the next one does not find."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import psycopg
import pytest

from tests.postgres import Connection, PostgresServer
from tests.recycled import CUT_OFF, Recycled

LEDGER = "INSERT INTO ledger (name, strict_accounts, metadata, created_at) VALUES (%s, false, '{}', now())"
CHANGES = (
    "DROP TRIGGER posting_is_append_only ON posting",
    "ALTER TABLE posting DISABLE TRIGGER ALL",
    "ALTER TABLE account ADD COLUMN colour text",
    "CREATE TABLE bookcase (id int)",
    "CREATE SCHEMA elsewhere",
    "UPDATE alembic_version SET version_num = '9999'",
    "CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1'",
)


@pytest.fixture
def recycled(postgres_server: PostgresServer, migrated_postgresql: str) -> Iterator[Recycled]:
    with closing(Recycled(postgres_server, "recycled", migrated_postgresql)) as recycled:
        yield recycled
    postgres_server.drop_database("recycled")


def test_rows_are_gone_and_numbers_begin_again(recycled: Recycled, postgres_server: PostgresServer) -> None:
    seen = []
    for _ in range(2):
        recycled.fresh()
        with postgres_server.connect("recycled") as connection:
            connection.execute(LEDGER, ["books"])
            seen.append(connection.execute("SELECT id, name FROM ledger").fetchall())
    assert seen == [[(1, "books")]] * 2


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_schema_is_the_template_s_again(
    change: Any, recycled: Recycled, postgres_server: PostgresServer
) -> None:
    recycled.fresh()
    with postgres_server.connect("recycled") as connection:
        before = _shape(connection)
        connection.execute(change)
        assert _shape(connection) != before
    recycled.fresh()
    with postgres_server.connect("recycled") as connection:
        assert _shape(connection) == before


def test_whoever_is_still_connected_is_cut_off(recycled: Recycled, postgres_server: PostgresServer) -> None:
    recycled.fresh()
    late = postgres_server.connect("recycled")
    late.execute("BEGIN")
    late.execute(LEDGER, ["books"])
    recycled.fresh()
    with pytest.raises(psycopg.OperationalError):
        late.execute("COMMIT")


def test_who_looks_after_it_may_be_cut_off_too(recycled: Recycled, postgres_server: PostgresServer) -> None:
    recycled.fresh()
    with postgres_server.connect("recycled") as connection:
        connection.execute(CUT_OFF)
        connection.execute(LEDGER, ["books"])
    recycled.fresh()
    with postgres_server.connect("recycled") as connection:
        assert connection.execute("SELECT count(*) FROM ledger").fetchall() == [(0,)]


def test_an_empty_one_has_no_tables_again(postgres_server: PostgresServer) -> None:
    with closing(Recycled(postgres_server, "recycled_empty", template=None)) as recycled:
        for _ in range(2):
            recycled.fresh()
            with postgres_server.connect("recycled_empty") as connection:
                connection.execute("CREATE TABLE bookcase (id int)")
    postgres_server.drop_database("recycled_empty")


def _shape(connection: Connection) -> Any:
    """Return the columns, the triggers with their state, the functions, the schemas and the number."""
    asked = (
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'",
        "SELECT tgname, tgenabled::text FROM pg_trigger",
        "SELECT proname, '' FROM pg_proc",
        "SELECT nspname, '' FROM pg_namespace",
        "SELECT version_num, '' FROM alembic_version",
    )
    return [sorted(connection.execute(each).fetchall()) for each in asked]
