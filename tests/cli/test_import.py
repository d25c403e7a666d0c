"""`myapp import`: whole or not at all, and the same file twice is one import."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from webtest import TestApp

from myapp.db import unit_of_work
from myapp.ledger.drafts import PostingDraft, TransactionDraft
from myapp.ledger.holds import placing
from myapp.ledger.tables import Balance
from tests.cli.conftest import Shell
from tests.interchange.imports import document, record

JOURNAL = document(record(1251), record(101))
IMPORT = ("myapp", "import", "journal.json", "--ledger", "books")


@pytest.fixture
def journal(folder: Path) -> Path:
    path = folder / "journal.json"
    path.write_bytes(JOURNAL)
    return path


def cash(app: TestApp) -> str:
    return str(app.get("/v1/ledgers/books/accounts/assets:cash").json["balances"]["EUR"]["balance"])


def test_an_import_makes_the_ledger_that_is_not_there(shell: Shell, journal: Path, app: TestApp) -> None:
    told = shell.succeed(*IMPORT)
    assert told == "Imported 2 transactions, 2 new accounts, 1 new assets; 0 skipped.\n"
    assert cash(app) == "-13.52"


def test_the_same_file_twice_is_one_import(shell: Shell, journal: Path, app: TestApp) -> None:
    shell.succeed(*IMPORT)
    journal.rename(journal.with_name("copy.json"))
    again = shell.succeed("myapp", "import", "copy.json", "--ledger", "books")
    assert again.startswith("Nothing to do")
    assert cash(app) == "-13.52"
    assert shell.succeed("myapp", "import", "copy.json", "--ledger", "books", "--again").startswith(
        "Imported 2"
    )
    assert cash(app) == "-27.04"


def test_the_same_file_into_two_ledgers_is_two_imports(shell: Shell, journal: Path, app: TestApp) -> None:
    shell.succeed(*IMPORT)
    assert shell.succeed(*IMPORT[:-1], "others").startswith("Imported 2")
    assert len(app.get("/v1/ledgers").json["data"]) == 2


def test_a_dry_run_keeps_nothing_not_even_the_ledger(shell: Shell, journal: Path, app: TestApp) -> None:
    told = shell.succeed(*IMPORT, "--dry-run")
    assert told == "Would import 2 transactions, 2 new accounts, 1 new assets; 0 skipped.\n"
    assert app.get("/v1/ledgers").json["data"] == []
    assert shell.succeed(*IMPORT).startswith("Imported 2")


def test_what_the_file_does_not_tell_can_be_said(shell: Shell, folder: Path, app: TestApp) -> None:
    (folder / "journal").write_bytes(document(record(1251, account="what:ever", commodity="")))
    command = ("myapp", "import", "journal", "--ledger", "books")
    assert "--format" in shell.fail(*command)
    assert "default_asset" in shell.fail(*command, "--format", "hledger-json")
    options = ("--format", "hledger-json", "--default-asset", "EUR")
    assert "index 0" in shell.fail(*command, *options)
    shell.succeed(*command, *options, "--default-type", "expense")
    assert cash(app) == "-12.51"


@pytest.mark.parametrize(
    "data",
    [b"", b"[", b"{}", document(record(), {}), document(record(), record(account="a::b")), b"\xff" * 1000],
    ids=["empty", "cut off", "no list", "no record", "bad account", "binary"],
)
def test_a_bad_file_is_one_line_and_keeps_nothing(
    shell: Shell, folder: Path, app: TestApp, data: bytes
) -> None:
    (folder / "journal.json").write_bytes(data)
    assert shell.fail(*IMPORT).startswith("myapp: ")
    assert app.get("/v1/ledgers").json["data"] == []


def test_a_file_that_is_not_there_is_one_line(shell: Shell) -> None:
    assert "journal.json" in shell.fail(*IMPORT)


def test_a_ledger_that_cannot_be_named_so_is_one_line(shell: Shell, journal: Path) -> None:
    assert "[a-z0-9]" in shell.fail(*IMPORT[:-1], "My Books")


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_a_process_of_its_own_imports_and_refuses_the_same(process_shell: Shell, journal: Path) -> None:
    assert process_shell.succeed(*IMPORT).startswith("Imported 2")
    journal.write_bytes(document(record(), {}))
    assert "index 1" in process_shell.fail(*IMPORT)


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
def test_a_conflict_is_told_in_a_line_and_keeps_nothing(shell: Shell, journal: Path, app: TestApp) -> None:
    app.post_json("/v1/ledgers", {"name": "books", "assets": [{"code": "EUR", "scale": 2}]}, status=201)
    limited = {"path": "assets:cash", "limits": {"EUR": {"min": "-50"}}}
    app.post_json("/v1/ledgers/books/accounts", limited, status=201)
    factory, then = app.app.registry["dbsession_factory"], datetime(2026, 1, 1, tzinfo=UTC)
    with unit_of_work(factory) as session:
        legs = (PostingDraft("assets:busy", "EUR", "50"), PostingDraft("assets:cash", "EUR", "-50"))
        expires_at, draft = then + timedelta(1), TransactionDraft(legs)
        placing.place(session, "books", draft, now=then, actor="test", expires_at=expires_at)
    with unit_of_work(factory) as session:
        # What the import needs is kept by a hold that has expired, and somebody has its other balance.
        session.scalars(select(Balance).where(Balance.pending_debits > 0).with_for_update()).one()
        told = shell.fail(*IMPORT)
    assert told.endswith("Nothing was kept; do it again.\n")
    assert shell.succeed(*IMPORT).startswith("Imported 2")
