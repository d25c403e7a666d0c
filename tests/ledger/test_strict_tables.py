"""SQLite's tables are STRICT: no column takes a value of another kind, so no overflow becomes a float."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest
from sqlalchemy.engine import make_url

from myapp.ledger.tables import Base
from tests.databases import Database

SAMPLES = {"INTEGER": 1, "TEXT": "x"}
WRONG = {"INTEGER": [1.5, "x", 2.0**63, b"x"], "TEXT": [b"x"]}

only_sqlite = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
every_table = pytest.mark.parametrize("table", sorted(Base.metadata.tables))


@pytest.fixture
def connection(database: Database) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(make_url(database.url).database or "")) as connection:
        yield connection


@only_sqlite
@every_table
def test_a_table_takes_no_value_of_another_kind(connection: sqlite3.Connection, table: str) -> None:
    columns = {name: kind for _, name, kind, *_ in connection.execute(f"PRAGMA table_info({table})")}
    assert set(columns.values()) <= SAMPLES.keys()
    assert "INTEGER" in columns.values()
    for column, kind in columns.items():
        for wrong in WRONG[kind]:
            row = {name: SAMPLES[sample] for name, sample in columns.items()} | {column: wrong}
            marks = ", ".join("?" for _ in row)
            with pytest.raises(sqlite3.Error, match=r"cannot store \w+ value in|datatype mismatch"):
                connection.execute(
                    f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", [*row.values()]
                )


@only_sqlite
def test_every_table_is_strict(connection: sqlite3.Connection) -> None:
    loose = connection.execute("SELECT name FROM pragma_table_list WHERE schema = 'main' AND NOT strict")
    assert {name for (name,) in loose} == {"alembic_version", "sqlite_schema"}
