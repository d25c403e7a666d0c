"""`myapp verify`: exit 0 and a table when all is well, 1 and one line when a row is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from tests.cli.conftest import InProcess, Shell, assert_one_line
from tests.databases import Database
from tests.interchange.imports import document, record

VERIFY = ("myapp", "verify")


@pytest.fixture
def books(shell: InProcess, folder: Path) -> InProcess:
    """Return a shell on a database with books in two ledgers."""
    (folder / "journal.json").write_bytes(document(record(1251), record(101)))
    for name in ("first", "second"):
        shell.succeed("myapp", "import", "journal.json", "--ledger", name)
    return shell


def tamper(database: Database, statement: str) -> None:
    engine = create_engine(database.url)
    with engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()


def ledgers_of(told: str) -> list[str]:
    return list(dict.fromkeys(line.split()[0] for line in told.splitlines()[1:]))


def test_all_ledgers_are_verified(books: Shell) -> None:
    told = books.succeed(*VERIFY)
    assert ledgers_of(told) == ["first", "second", "(service)"]
    assert all(line.endswith(" none") for line in told.splitlines()[1:])


def test_one_ledger_is_verified_alone(books: Shell, database: Database) -> None:
    tamper(database, "UPDATE balance SET debits = debits + 1 WHERE ledger_id = 2")
    assert ledgers_of(books.succeed(*VERIFY, "--ledger", "first")) == ["first"]
    assert books.run(*VERIFY, "--ledger", "second").returncode == 1


def test_a_wrong_row_is_one_line_and_exit_1(books: Shell, database: Database) -> None:
    tamper(database, "UPDATE balance SET debits = debits + 100 WHERE ledger_id = 2")
    done = books.run(*VERIFY)
    assert done.returncode == 1
    assert_one_line(done.stderr)
    assert done.stderr.startswith("myapp: second: balance account_id=")
    # All of them are below the table.
    assert sum(line.startswith("second: balance ") for line in done.stdout.splitlines()) == 2
    (counted,) = [line for line in done.stdout.splitlines() if line.split()[:2] == ["second", "balances"]]
    assert counted.endswith(" 2")


def test_rows_of_no_ledger_are_found(books: Shell, database: Database) -> None:
    stray = (
        "INSERT INTO idempotency (ledger_id, key, fingerprint, status, created_at) "
        "SELECT 77, 'x', 'y', 200, created_at FROM ledger WHERE name = 'first'"
    )
    tamper(database, stray)
    done = books.run(*VERIFY)
    assert (done.returncode, "(service): idempotency ledger_id=77" in done.stderr) == (1, True)


def test_characters_that_a_terminal_obeys_are_not_printed(books: Shell, database: Database) -> None:
    engine = create_engine(database.url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE account SET path = :path WHERE id = 1"), {"path": "a\x1b[2J\n:b"})
    engine.dispose()
    done = books.run(*VERIFY, "--ledger", "first")
    assert done.returncode == 1
    assert "\x1b" not in done.stdout + done.stderr
    assert_one_line(done.stderr)


def test_a_ledger_that_is_not_there_is_told(books: Shell) -> None:
    assert "none" in books.fail(*VERIFY, "--ledger", "none")


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_nobody_has_to_wait_for_it(books: Shell, database: Database) -> None:
    # Whoever writes at the same time holds the lock that a writer would need.
    engine = create_engine(database.url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        books.succeed(*VERIFY)
        connection.exec_driver_sql("ROLLBACK")
    engine.dispose()


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_progress_is_shown_on_a_terminal_alone(books: InProcess) -> None:
    assert "Verifying" not in books.succeed(*VERIFY)
    assert "Verifying" in books.watch(*VERIFY)[1]
