"""A tampered row of any table is named; what cannot be noticed is written down, and stays unnoticed."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any

import pytest
from sqlalchemy import Connection, Table, select, update

from myapp.ledger.verifying.rule import WrongRow
from tests.ledger.verifying.columns import EVERY_ROW, ROWS, TABLES, Column, Key, Row, Seen
from tests.ledger.verifying.scene import problems, verify_all
from tests.serving import ROOT

# A line of the page's table: | `posting` | `amount` | yes | … |
TOLD = re.compile(r"^\| `(\w+)` \| `(\w+)` \| (yes|in part|no) \|", re.MULTILINE)

SEEN = [
    pytest.param(table, row, column, seen, id=f"{table}.{column}-{number}")
    for table, row in EVERY_ROW
    for column, changes in row.columns.items()
    for number, seen in enumerate(changes.seen)
]
UNSEEN = [
    pytest.param(table, row, column, value, id=f"{table}.{column}-{number}")
    for table, row in EVERY_ROW
    for column, changes in row.columns.items()
    for number, value in enumerate(changes.unseen)
]


def test_nothing_is_wrong_before(connection: Connection) -> None:
    found = verify_all(connection)
    assert [verification.ok for verification in found] == [True] * 4
    checked = {check.name: check.checked for verification in found[:1] for check in verification.checks}
    assert min(checked.values()) > 0, checked


def test_every_column_of_every_table_is_classified() -> None:
    columns = {(name, column.name) for name, table in TABLES.items() for column in table.columns}
    assert {(name, column) for name, row in ROWS.items() for column in row.columns} == columns


def test_the_page_says_the_same_of_every_column() -> None:
    page = (ROOT / "docs/verify.md").read_text()
    told = {(table, column): word for table, column, word in TOLD.findall(page)}
    columns: dict[tuple[str, str], Column] = defaultdict(Column)
    for table, row in EVERY_ROW:
        for name, column in row.columns.items():
            columns[table, name] |= column
    assert told == {key: column.told for key, column in columns.items()}


def tamper(connection: Connection, name: str, row: Row, column: str, value: Any) -> Key:
    """Change one row, and return its key as it was before."""
    table = TABLES[name]
    (before,) = connection.execute(select(table).where(row.where(table))).mappings().all()[:1]
    key = {each.name: before[each.name] for each in table.primary_key}
    given = value(connection.dialect.name) if callable(value) else value
    this = [table.c[member] == known for member, known in key.items()]
    assert connection.execute(update(table).where(*this).values({column: given})).rowcount == 1
    return names(table, key)


def names(table: Table, key: Key) -> Key:
    """Return the key of a row as a problem tells it."""
    own = {member: value for member, value in key.items() if member != "ledger_id"}
    return {member: value if isinstance(value, int | str) else str(value) for member, value in own.items()}


def is_named(found: list[WrongRow], table: str, key: Key) -> bool:
    return any(each.table == table and each.key.items() >= key.items() for each in found)


@pytest.mark.parametrize(("table", "row", "column", "seen"), SEEN)
def test_a_tampered_row_is_named(
    connection: Connection, table: str, row: Row, column: str, seen: Seen
) -> None:
    key = tamper(connection, table, row, column, seen.value)
    found = problems(connection)
    assert is_named(found, *(seen.named or (table, key))), found


@pytest.mark.parametrize(("table", "row", "column", "value"), UNSEEN)
def test_what_nothing_contradicts_is_not_seen(
    connection: Connection, table: str, row: Row, column: str, value: Any
) -> None:
    tamper(connection, table, row, column, value)
    assert problems(connection) == []
