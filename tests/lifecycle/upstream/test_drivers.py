"""sqlite3 and psycopg: when a transaction begins, what a COMMIT says, and what stays on a connection."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import psycopg
import psycopg.adapt
import pytest
from psycopg import _queries
from sqlalchemy import event, make_url, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from myapp.db.dialects import dialect_of
from tests.databases import Database
from tests.lifecycle import witness
from tests.lifecycle.bookcase import Book, Shelf
from tests.wiretap import overheard, sent

ON_SQLITE = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
ON_POSTGRESQL = pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
INSERT = "INSERT INTO shelf (id, name, visits) VALUES (3, 'third', 0)"


@pytest.fixture
def driver(bookcase_database: Database) -> Iterator[Any]:
    """Connect as the driver does when nobody tells it anything."""
    url = make_url(bookcase_database.url)
    if bookcase_database.dialect == "sqlite":
        connection: Any = sqlite3.connect(str(url.database))
    else:
        connection = psycopg.connect(url.set(drivername="postgresql").render_as_string(hide_password=False))
    with closing(connection):
        yield connection


@ON_SQLITE
def test_sqlite3_opens_no_transaction_before_it_reads(driver: sqlite3.Connection) -> None:
    """Fact 5: so what was read may be stale by the time it is written back, and an update is lost."""
    driver.execute("SELECT * FROM shelf").fetchall()
    assert not driver.in_transaction
    driver.execute("UPDATE shelf SET visits = 1")
    assert driver.in_transaction
    driver.rollback()


@ON_SQLITE
def test_a_savepoint_opened_first_survives_sqlite3s_rollback(
    driver: sqlite3.Connection, bookcase_database: Database
) -> None:
    """Fact 5."""
    driver.execute("SAVEPOINT mine")
    driver.execute(INSERT)
    driver.execute("RELEASE mine")
    driver.rollback()
    assert "third" in witness.shelf_names(bookcase_database)


@ON_SQLITE
def test_sqlite3_opens_no_transaction_for_ddl(driver: sqlite3.Connection) -> None:
    """Fact 5: a migration that fails half-way would leave half of its tables."""
    driver.execute("CREATE TABLE kept (id int)")
    driver.rollback()
    assert driver.execute("SELECT count(*) FROM kept").fetchone() == (0,)


@ON_SQLITE
def test_sqlite_leaves_foreign_keys_off(driver: sqlite3.Connection, bookcase_database: Database) -> None:
    """Fact 5."""
    assert driver.execute("PRAGMA foreign_keys").fetchone() == (0,)
    driver.execute("INSERT INTO book (shelf_id) VALUES (404)")
    driver.commit()
    assert len(witness.rows(bookcase_database)) == 3


@ON_SQLITE
def test_query_only_stays_on_the_pooled_connection(plain_engine) -> None:
    """So it has to be set at every begin, ON and OFF alike."""
    with plain_engine.connect() as connection:
        connection.execute(text("PRAGMA query_only = ON"))
    with plain_engine.connect() as connection:
        assert connection.scalar(text("PRAGMA query_only")) == 1


@ON_SQLITE
def test_sqlite_keeps_its_transaction_when_commit_fails(plain_engine) -> None:
    """Fact 3: the next user of the connection would commit it."""
    event.listen(plain_engine, "connect", turn_foreign_keys_on)
    with plain_engine.connect() as connection:
        driver_connection = connection.connection.dbapi_connection
        connection.execute(Book.__table__.insert().values(shelf_id=404))
        with pytest.raises(IntegrityError):
            connection.commit()
        assert dialect_of("sqlite").in_transaction(driver_connection)
        driver_connection.rollback()


def turn_foreign_keys_on(driver_connection: sqlite3.Connection, record: object) -> None:
    driver_connection.execute("PRAGMA foreign_keys = ON")


@ON_SQLITE
def test_a_result_read_by_half_holds_its_snapshot_after_rollback(
    driver: sqlite3.Connection, bookcase_database: Database
) -> None:
    """Its cursor must be closed with the transaction, although the driver says that none is open."""
    driver.execute("PRAGMA journal_mode = WAL")
    driver.execute("BEGIN")
    rows = driver.execute("SELECT * FROM shelf")
    assert rows.fetchone() is not None
    driver.rollback()
    assert not driver.in_transaction
    with closing(witness.connect(bookcase_database)) as other:
        other.execute("UPDATE shelf SET visits = 1")
    assert witness.open_transactions(bookcase_database) != []
    rows.close()
    assert witness.open_transactions(bookcase_database) == []


@ON_POSTGRESQL
def test_postgresql_answers_commit_in_a_failed_transaction_with_silence(plain_engine) -> None:
    """Fact 2: the server rolls back, psycopg raises nothing, and the row is gone."""
    with Session(plain_engine) as session:
        session.add(Shelf(name="phantom"))
        session.flush()
        with pytest.raises(IntegrityError):
            session.connection().execute(text("INSERT INTO shelf (id, name, visits) VALUES (1, 'x', 0)"))
        session.commit()
        assert session.scalar(text("SELECT count(*) FROM shelf WHERE name = 'phantom'")) == 0


@ON_POSTGRESQL
def test_a_setting_survives_the_transaction_that_made_it(plain_engine) -> None:
    """Fact 10: but for a setting that says it is local, the next user of the connection inherits it."""
    with plain_engine.begin() as connection:
        connection.execute(text("SET work_mem = '5MB'"))
        connection.execute(text("SELECT set_config('temp_buffers', '5MB', true)"))
    with plain_engine.connect() as connection:
        settings = [connection.scalar(text(f"SHOW {name}")) for name in ("work_mem", "temp_buffers")]
    assert settings == ["5MB", "8MB"]


@ON_POSTGRESQL
def test_two_reads_of_one_transaction_may_differ(plain_engine, bookcase_database: Database) -> None:
    """Fact 9, at READ COMMITTED, which is PostgreSQL's default."""
    total = text("SELECT sum(visits) FROM shelf")
    with plain_engine.connect() as connection, closing(witness.connect(bookcase_database)) as other:
        before = connection.scalar(total)
        other.execute("UPDATE shelf SET visits = visits + 1")
        assert connection.scalar(total) == before + 2


@ON_POSTGRESQL
def test_a_read_only_snapshot_costs_no_message_of_its_own(driver: psycopg.Connection[Any]) -> None:
    """psycopg puts both into its BEGIN."""
    plain = messages_of(driver)
    driver.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    driver.read_only = True
    snapshot = messages_of(driver)
    assert len(snapshot) == len(plain)
    assert any('"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"' in message for message in snapshot)


def messages_of(driver: psycopg.Connection[Any]) -> list[str]:
    """Return the messages that a transaction of one query sends."""
    with overheard(driver) as messages:
        driver.execute("SELECT 1")
        driver.rollback()
    return sent(messages)


@ON_POSTGRESQL
def test_psycopg_forgets_what_it_has_prepared_after_a_rollback(driver: psycopg.Connection[Any]) -> None:
    """So a read that ends well ends by COMMIT."""
    driver.execute("SELECT 1", prepare=True)
    driver.commit()
    assert driver._prepared._names
    driver.execute("SELECT 1", prepare=True)
    driver.rollback()
    assert not driver._prepared._names


def test_psycopg_parses_a_long_statement_once_because_it_was_told_to() -> None:
    """Its own bound is 4096 bytes; the write statement of the books is longer."""
    assert _queries.MAX_CACHED_STATEMENT_LENGTH == 32_768
    statement = b"SELECT %(a)s" + b" " * 8_000
    query = _queries.PostgresQuery(psycopg.adapt.Transformer())
    before = _queries._query2pg.cache_info().hits
    for _ in range(2):
        query.convert(statement, {"a": 1})
    assert _queries._query2pg.cache_info().hits == before + 1
