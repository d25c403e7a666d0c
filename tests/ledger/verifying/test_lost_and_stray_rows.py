"""A row that was deleted, or that nobody posted, is named, or those that it is missing from."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, delete, func, insert, select

from myapp.ledger.verifying.rule import PROBLEMS_MAX
from tests.ledger.verifying.columns import NOBODY, ROWS, TABLES, account_id
from tests.ledger.verifying.scene import CASH, FIRST, REVERSED, other_id, problems, verify_all
from tests.ledger.verifying.test_tampered_rows import is_named

# Which row is named when the one of `ROWS` is deleted; None where nothing is left to tell of it.
LOST: Mapping[str, tuple[str, dict[str, Any]] | None] = {
    "ledger": ("account", {"ledger_id": 1}),
    "asset": ("balance", {"asset": "USD"}),
    "account": ("balance", {"asset": "USD"}),
    "balance": ("balance", {"asset": "USD"}),
    "txn": ("posting", {"txn_id": str(FIRST)}),
    "txn_metadata": None,
    "posting": ("posting", {"asset": "USD", "version": 3}),
    "balance_day": ("balance_day", {"asset": "USD", "day": 20458}),
    "balance_month": ("balance_month", {"asset": "USD", "month": 672}),
    "idempotency": None,
    "hold": ("hold_posting", {}),
    "hold_posting": ("balance", {"account": "assets:held"}),
    "hold_capture": ("hold", {"account": "assets:held"}),
    "api_key": None,
}
# What makes a copy of that row a stray: another key, as if somebody had slipped it in.
STRAYS: Mapping[str, tuple[Mapping[str, Any], dict[str, Any]] | None] = {
    "ledger": None,
    "asset": None,
    "account": None,
    "api_key": None,
    "balance": ({"account_id": NOBODY}, {"account_id": NOBODY}),
    "txn": ({"id": other_id(), "reference": "stray"}, {"id": str(other_id())}),
    "txn_metadata": ({"txn_id": other_id()}, {"txn_id": str(other_id())}),
    "posting": ({"version": 6, "txn_id": other_id()}, {"version": 6, "txn_id": str(other_id())}),
    "balance_day": ({"day": 7}, {"day": 7}),
    "balance_month": ({"month": 7}, {"month": 7}),
    "hold": ({"id": other_id(), "reference": "stray"}, {"id": str(other_id())}),
    "hold_posting": ({"hold_id": other_id()}, {"hold_id": str(other_id())}),
    "hold_capture": ({"number": 2, "txn_id": other_id()}, {"number": 2}),
    "idempotency": ({"key": "stray", "txn_id": other_id()}, {"key": "stray"}),
}


def test_every_table_is_tried() -> None:
    assert LOST.keys() == STRAYS.keys() == TABLES.keys()


def remove(connection: Connection, name: str) -> None:
    table = TABLES[name]
    assert connection.execute(delete(table).where(ROWS[name].where(table))).rowcount >= 1


@pytest.mark.parametrize("name", LOST)
def test_a_deleted_row_is_missed(connection: Connection, name: str) -> None:
    remove(connection, name)
    named = LOST[name]
    found = problems(connection)
    assert found == [] if named is None else is_named(found, *named), found


@pytest.mark.parametrize("name", [name for name, stray in STRAYS.items() if stray is not None])
def test_a_stray_row_is_named(connection: Connection, name: str) -> None:
    table, (changed, key) = TABLES[name], STRAYS[name] or ({}, {})
    (row,) = connection.execute(select(table).where(ROWS[name].where(table))).mappings().all()[:1]
    connection.execute(insert(table).values({**row, **changed}))
    assert is_named(problems(connection), name, key)


def test_the_last_posting_of_an_account_is_missed(connection: Connection) -> None:
    posting = TABLES["posting"]
    cash = (posting.c.account_id == account_id(CASH)) & (posting.c.asset == "USD")
    last = select(func.max(posting.c.version)).where(cash).scalar_subquery()
    assert connection.execute(delete(posting).where(cash, posting.c.version == last)).rowcount == 1
    found = problems(connection)
    assert is_named(found, "balance", {"account": CASH, "asset": "USD"})
    assert is_named(found, "balance_day", {"account": CASH, "asset": "USD"})
    assert is_named(found, "balance_month", {"account": CASH, "asset": "USD"})
    assert is_named(found, "txn", {"asset": "USD"})


def test_a_transaction_deleted_with_its_postings_is_missed(connection: Connection) -> None:
    connection.execute(delete(TABLES["posting"]).where(TABLES["posting"].c.txn_id == FIRST))
    connection.execute(delete(TABLES["txn"]).where(TABLES["txn"].c.id == FIRST))
    found = problems(connection)
    assert is_named(found, "posting", {"account": CASH, "version": 2})
    assert is_named(found, "balance", {"account": "expenses:food"})
    assert is_named(found, "txn_metadata", {"txn_id": str(FIRST)})


def test_a_deleted_original_is_missed_by_its_reversal(connection: Connection) -> None:
    connection.execute(delete(TABLES["txn"]).where(TABLES["txn"].c.id == REVERSED))
    assert any("reverses" in problem.found for problem in problems(connection) if problem.table == "txn")


def test_a_deleted_ledger_leaves_its_rows_behind(connection: Connection) -> None:
    connection.execute(delete(TABLES["ledger"]).where(TABLES["ledger"].c.name == "books"))
    found = {problem.table for problem in problems(connection)}
    assert found == TABLES.keys() - {"ledger"}


def test_of_many_wrong_rows_the_first_are_named_and_all_are_counted(connection: Connection) -> None:
    day, totals = TABLES["balance_day"], {"debits": 1, "credits": 0, "first_version": 1, "version": 1}
    rows = [
        {"ledger_id": 1, "account_id": NOBODY, "asset": "USD", "day": number} | totals
        for number in range(2 * PROBLEMS_MAX)
    ]
    connection.execute(insert(day), rows)
    checks = {check.name: check for check in verify_all(connection)[0].checks}
    found = checks["balance_days"]
    assert (len(found.problems), found.problem_count) == (PROBLEMS_MAX, 2 * PROBLEMS_MAX)
    assert [problem.key["day"] for problem in found.problems] == list(range(PROBLEMS_MAX))


def test_amounts_are_told_in_the_assets_unit(connection: Connection) -> None:
    balance = TABLES["balance"]
    usd = (balance.c.account_id == account_id(CASH)) & (balance.c.asset == "USD")
    connection.execute(balance.update().where(usd).values(debits=2**63 - 1))
    (problem,) = problems(connection)
    assert (problem.expected, problem.found) == ({"debits": "0.10"}, {"debits": "92233720368547758.07"})


def test_a_sum_past_64_bits_is_told_and_not_an_error(connection: Connection) -> None:
    posting = TABLES["posting"]
    connection.execute(posting.update().where(posting.c.txn_id == REVERSED).values(amount=2**63 - 1))
    found = problems(connection)
    assert is_named(found, "txn", {"id": str(REVERSED), "asset": "USD"})
    connection.execute(posting.update().where(posting.c.txn_id == REVERSED).values(amount=-(2**63)))
    assert is_named(problems(connection), "txn", {"id": str(REVERSED), "asset": "USD"})


def test_days_and_months_before_1970_are_counted_backwards(connection: Connection) -> None:
    early = datetime(1969, 11, 30, 18, tzinfo=UTC)
    for name, column, own in (("txn", "id", {}), ("posting", "txn_id", {"day": -32, "month": -2})):
        table = TABLES[name]
        changed = table.update().where(table.c[column] == FIRST).values(effective_at=early, **own)
        connection.execute(changed)
    # Nothing else is wrong than the totals, of which two days' and two months' are missing now.
    nothing = dict.fromkeys(("debits", "credits", "first_version", "version"))
    missing = [each.key for each in problems(connection) if each.found == nothing]
    for period, number in (("day", -32), ("month", -2)):
        found = {key["account"]: key[period] for key in missing if period in key}
        assert found == {CASH: number, "expenses:food": number}


@pytest.mark.parametrize("scene", ["postgresql"], indirect=True)
@pytest.mark.parametrize(
    ("name", "column", "index", "changed"),
    [
        ("account", "path", "uq_account_ledger_id_path", {"id": NOBODY}),
        ("txn", "reference", "uq_txn_ledger_id_reference", {"id": other_id()}),
    ],
)
def test_a_value_that_occurs_twice_is_named(
    connection: Connection, name: str, column: str, index: str, changed: Mapping[str, Any]
) -> None:
    # SQLite cannot drop a table's own constraint.
    connection.exec_driver_sql(f"ALTER TABLE {name} DROP CONSTRAINT {index}")
    table = TABLES[name]
    (row,) = connection.execute(select(table).where(ROWS[name].where(table))).mappings().all()
    connection.execute(insert(table).values({**row, **changed}))
    assert is_named(problems(connection), name, {column: row[column]})


@pytest.mark.parametrize("scene", ["postgresql"], indirect=True)
def test_a_second_reversal_of_the_same_transaction_is_named(connection: Connection) -> None:
    connection.exec_driver_sql("ALTER TABLE txn DROP CONSTRAINT uq_txn_ledger_id_reverses")
    txn = TABLES["txn"]
    connection.execute(txn.update().where(txn.c.id == FIRST).values(kind="reversal", reverses=REVERSED))
    assert is_named(problems(connection), "txn", {"reverses": str(REVERSED)})


def test_a_code_that_no_asset_can_have_is_named(connection: Connection) -> None:
    asset = TABLES["asset"]
    (row,) = connection.execute(select(asset).where(ROWS["asset"].where(asset))).mappings().all()
    connection.execute(insert(asset).values({**row, "code": "U S D"}))
    assert is_named(problems(connection), "asset", {"code": "U S D"})


@pytest.mark.parametrize("scene", ["sqlite"], indirect=True)
@pytest.mark.parametrize("given", ["nonsense", f"{FIRST}".upper().replace("7", "A"), ""])
def test_an_id_that_is_no_uuid_is_named(connection: Connection, given: str) -> None:
    for name, column in (("posting", "txn_id"), ("txn_metadata", "txn_id"), ("txn", "id")):
        connection.exec_driver_sql(f"UPDATE {name} SET {column} = ? WHERE {column} = ?", (given, str(FIRST)))
    assert is_named(problems(connection), "txn", {"id": given})
