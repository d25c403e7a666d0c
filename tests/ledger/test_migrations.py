"""The migrations: up, down and up again; what they make is what the models say, on both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import alembic.config
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, MetaData, inspect, text
from sqlalchemy.exc import DBAPIError

from myapp import main
from myapp.db import DbSettings, SessionFactory, make_engine, unit_of_work
from myapp.ledger.drafts import TransactionDraft
from myapp.ledger.tables import Base
from myapp.schema import downgrade, is_current, revision_of, upgrade
from myapp.security import keys
from tests.databases import Database, sqlite_database
from tests.ledger.books import assert_unbroken, make_ledger, now, post, postings, transfer

REPOSITORY = Path(__file__).parents[2]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# The rows that carry totals, in an order of their own.
ROWS = {
    "posting": "account_id, version",
    "balance_day": "account_id, day",
    "balance_month": "account_id, month",
}
REVISIONS = ["0001", "0002", "0003", "0004", "0005", "0006"]


@contextmanager
def connected(database: Database) -> Iterator[Connection]:
    engine = make_engine(DbSettings(engine_options={"url": database.url}))
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def tables(database: Database) -> set[str]:
    with connected(database) as connection:
        return set(inspect(connection).get_table_names()) - {"alembic_version"}


# Up and down


def test_up_down_and_up_again(empty_database: Database) -> None:
    for _ in range(2):
        upgrade(empty_database.url)
        assert tables(empty_database) == set(Base.metadata.tables)
        downgrade(empty_database.url, "base")
        assert tables(empty_database) == set()


def told(database: Database) -> tuple[str, bool]:
    """Return the revision that we read, and whether we take it for the newest; Alembic itself wrote it."""
    with connected(database) as connection:
        return revision_of(connection), is_current(connection)


def test_every_step_can_be_taken_back_and_again(empty_database: Database) -> None:
    assert told(empty_database) == ("", False)
    for number, revision in enumerate(REVISIONS):
        upgrade(empty_database.url, revision)
        after = definitions(empty_database)
        downgrade(empty_database.url, "base" if number == 0 else REVISIONS[number - 1])
        upgrade(empty_database.url, revision)
        assert definitions(empty_database) == after
        assert told(empty_database) == (revision, revision == REVISIONS[-1])
    upgrade(empty_database.url)
    assert told(empty_database) == (REVISIONS[-1], True)
    downgrade(empty_database.url, "base")
    assert told(empty_database) == ("", False)


def test_the_books_survive_the_step_that_does_not_concern_them(database: Database) -> None:
    engine = make_engine(DbSettings(engine_options={"url": database.url}))
    factory = SessionFactory(engine)
    make_ledger(factory)
    post(factory, transfer("assets:cash", "expenses:food", "1"))
    with unit_of_work(factory) as session:
        keys.create(session, "web", ["read"], now=now(), ledger="books")
        before = postings(session)
    engine.dispose()
    downgrade(database.url, "0001")
    upgrade(database.url)
    with unit_of_work(factory) as session:
        assert postings(session) == before
        assert_unbroken(session)
        assert keys.listed(session, limit=1).items == []
    post(factory, transfer("assets:cash", "expenses:food", "1"))
    engine.dispose()


def test_what_the_journal_says_of_days_and_months_is_found_again(database: Database) -> None:
    engine = make_engine(DbSettings(engine_options={"url": database.url}))
    factory = SessionFactory(engine)
    make_ledger(factory)
    for hours in (0, 5, -1, 0, 30, 800, -90 * 365 * 24):
        draft = transfer("assets:cash", "expenses:food", "1", effective_at=EPOCH + timedelta(hours=hours))
        twice = TransactionDraft(draft.postings * 2, effective_at=draft.effective_at)
        post(factory, twice)
    engine.dispose()
    before = rows_of_totals(database)
    numbers = [{row[period] for row in before["posting"]} for period in ("day", "month")]
    assert [len(found) for found in numbers] == [5, 4]
    for revision, column in (("0005", "month"), ("0004", "debits"), ("0003", "day_debits")):
        downgrade(database.url, revision)
        assert all(column not in row for row in rows_of_totals(database)["posting"])
        refuses_changes(database)
        upgrade(database.url)
        assert rows_of_totals(database) == before
        assert is_known_to_the_planner(database)
        refuses_changes(database)


def rows_of_totals(database: Database) -> dict[str, list[dict[str, Any]]]:
    with connected(database) as connection:
        return {
            table: [
                dict(row)
                for row in connection.execute(text(f"SELECT * FROM {table} ORDER BY {key}")).mappings()
            ]
            for table, key in ROWS.items()
            if table in inspect(connection).get_table_names()
        }


def is_known_to_the_planner(database: Database) -> bool:
    """Tell whether PostgreSQL has counted the rows that the migrations wrote; SQLite never does."""
    if database.dialect == "sqlite":
        return True
    counted = "SELECT min(reltuples) > 0 FROM pg_class WHERE relname IN ('posting', 'balance_month')"
    with connected(database) as connection:
        return bool(connection.scalar(text(counted)))


def refuses_changes(database: Database) -> None:
    for change in ("UPDATE posting SET amount = amount + 1", "DELETE FROM posting"):
        with connected(database) as connection, pytest.raises(DBAPIError, match="append-only"):
            connection.execute(text(change))


def test_the_books_can_be_thrown_away_although_the_journal_is_append_only(database: Database) -> None:
    engine = make_engine(DbSettings(engine_options={"url": database.url}))
    make_ledger(SessionFactory(engine))
    post(SessionFactory(engine), transfer("assets:cash", "expenses:food", "1"))
    engine.dispose()
    downgrade(database.url, "base")
    assert tables(database) == set()
    upgrade(database.url)
    assert tables(database) == set(Base.metadata.tables)


def test_migrating_twice_is_migrating_once(database: Database) -> None:
    before = definitions(database)
    upgrade(database.url)
    assert definitions(database) == before


# The same as the models


def test_autogenerate_finds_nothing_to_do(database: Database) -> None:
    with connected(database) as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_autogenerate_would_find_a_difference(database: Database) -> None:
    other = MetaData()
    for name, table in Base.metadata.tables.items():
        if name != "api_key":
            table.to_metadata(other)
    with connected(database) as connection:
        (found, *_) = compare_metadata(MigrationContext.configure(connection), other)
    assert isinstance(found, tuple)
    assert found[0] == "remove_table"


def test_the_migrations_make_what_the_models_declare_word_for_word(
    empty_database: Database, tmp_path: Path
) -> None:
    """Autogenerate sees neither checks, collations, STRICT nor WITHOUT ROWID; the catalogues tell all."""
    with connected(empty_database) as connection, connection.begin():
        Base.metadata.create_all(connection)
    declared = definitions(empty_database)
    with connected(empty_database) as connection, connection.begin():
        Base.metadata.drop_all(connection)
    upgrade(empty_database.url)
    assert definitions(empty_database) == declared


def definitions(database: Database) -> set[tuple[Any, ...]]:
    """Return what the database knows of the tables: columns, constraints, indexes; triggers apart."""
    read = _sqlite_definitions if database.dialect == "sqlite" else _postgresql_definitions
    with connected(database) as connection:
        return {row for row in read(connection) if row[0] != "alembic_version"}


def _sqlite_definitions(connection: Connection) -> Iterator[tuple[Any, ...]]:
    query = "SELECT tbl_name, type, sql FROM sqlite_master WHERE sql IS NOT NULL AND type <> 'trigger'"
    for table, kind, sql in connection.execute(text(query)):
        # The order of the constraints means nothing, and the text behind the last bracket a lot.
        head, _, tail = sql.rpartition(")")
        parts = sorted(line.strip().rstrip(",") for line in head.splitlines())
        yield table, kind, *parts, tail.strip()


def _postgresql_definitions(connection: Connection) -> Iterator[tuple[Any, ...]]:
    for query in POSTGRESQL_CATALOGUES:
        yield from (tuple(row) for row in connection.execute(text(query)))


POSTGRESQL_CATALOGUES = (
    "SELECT table_name::text, column_name::text, data_type::text, is_nullable::text, column_default::text, "
    "collation_name::text, is_identity::text, identity_generation::text "
    "FROM information_schema.columns WHERE table_schema = 'public'",
    "SELECT conrelid::regclass::text, conname::text, pg_get_constraintdef(oid) FROM pg_constraint "
    "WHERE connamespace = 'public'::regnamespace",
    "SELECT tablename::text, indexname::text, indexdef FROM pg_indexes WHERE schemaname = 'public'",
)


def test_a_table_found_by_its_key_alone_is_stored_in_its_order(tmp_path: Path) -> None:
    database = sqlite_database(tmp_path / "new.sqlite")
    upgrade(database.url)
    with connected(database) as connection:
        rows = connection.execute(
            text("SELECT name, wr FROM pragma_table_list WHERE schema = 'main' AND strict")
        )
        clustered = {name for name, without_rowid in rows if without_rowid}
    declared = {
        name
        for name, table in Base.metadata.tables.items()
        if table.dialect_options["sqlite"]["with_rowid"] is False
    }
    assert clustered == declared != set()


# How long it may take

TELL_LIMITS = """
CREATE FUNCTION tell_limits() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    RAISE 'limits % %', current_setting('statement_timeout'),
        current_setting('idle_in_transaction_session_timeout');
END $$;
CREATE TRIGGER tell_limits BEFORE UPDATE ON posting FOR EACH STATEMENT EXECUTE FUNCTION tell_limits()
"""


def by_alembics_own_program(url: str) -> None:
    """Migrate without `myapp`, to the database that the environment names."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(REPOSITORY)
        patch.setenv("MYAPP_DATABASE_URL", url)
        alembic.config.main(["-c", "development.ini", "upgrade", "head"])


@pytest.mark.parametrize("migrate", [upgrade, by_alembics_own_program])
@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
def test_a_migration_of_many_postings_may_take_longer_than_a_request(
    empty_database: Database, migrate: Callable[[str], None]
) -> None:
    upgrade(empty_database.url, "0005")
    with connected(empty_database) as connection:
        connection.execute(text(TELL_LIMITS))
        connection.commit()
    with pytest.raises(DBAPIError, match="limits 86000s 86000s"):
        migrate(empty_database.url)


# Starting on a database that is not migrated


def start(database: Database, ini: str | None = None) -> str:
    """Start the application and return the line with which it refuses to."""
    settings = {"myapp.auth": "none", "sqlalchemy.url": database.url}
    with pytest.raises(SystemExit) as refused:
        main({} if ini is None else {"__file__": ini}, **settings)
    return str(refused.value)


def test_the_application_does_not_start_on_an_empty_database(empty_database: Database) -> None:
    told = start(empty_database, "somewhere/production.ini")
    assert "myapp migrate -c somewhere/production.ini" in told
    assert len(told.splitlines()) == 1
    assert "myapp migrate -c production.ini" in start(empty_database, str(Path.cwd() / "production.ini"))


def test_the_application_does_not_start_on_an_older_schema(database: Database) -> None:
    downgrade(database.url, "0001")
    assert "myapp migrate -c " in start(database)


def test_the_application_does_not_start_on_a_newer_schema(database: Database) -> None:
    with connected(database) as connection, connection.begin():
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert "newer" in start(database)


def test_a_database_that_cannot_be_reached_is_told_in_one_line(tmp_path: Path) -> None:
    told = start(sqlite_database(tmp_path / "no such folder" / "x.sqlite"))
    assert "cannot be reached" in told
    assert len(told.splitlines()) == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [("myapp.auth", "nobody"), ("db.retry_attempts", "many"), ("sqlalchemy.pool_size", "x")],
)
def test_the_application_does_not_start_with_a_setting_that_cannot_be_read(
    database: Database, name: str, value: str
) -> None:
    settings = {"myapp.auth": "none", "sqlalchemy.url": database.url, name: value}
    with pytest.raises(SystemExit, match=value) as refused:
        main({}, **settings)
    assert len(str(refused.value).splitlines()) == 1
