"""`myapp import` of CSV, what a repeated file means, who sees a progress bar, and how it is interrupted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from webtest import TestApp

from tests.cli.conftest import TIMEOUT_S, InProcess, Shell

BANK = "Tag,Text,Betrag\r\n2024-02-28,Gehalt,100.00\r\n2024-02-29,Miete,-60.00\r\n"
JOURNAL = (
    "transaction,effective_at,account,asset,amount\n"
    "1,2024-02-28,assets:cash,EUR,1.50\n1,2024-02-28,equity:opening,EUR,-1.50\n"
)
IMPORT = ("myapp", "import", "bank.csv", "--ledger", "books")
COLUMNS = ("--map", "effective_at=Tag", "--map", "description=Text", "--map", "amount=Betrag")
ACCOUNTS = ("--account", "assets:bank", "--counter-account", "equity:unknown", "--default-asset", "EUR")


@pytest.fixture
def bank(folder: Path) -> Path:
    path = folder / "bank.csv"
    path.write_text(BANK)
    return path


def balance(app: TestApp, account: str = "assets:bank") -> str:
    return str(app.get(f"/v1/ledgers/books/accounts/{account}").json["balances"]["EUR"]["balance"])


def test_a_bank_statement_is_imported_with_its_mapping(shell: Shell, bank: Path, app: TestApp) -> None:
    told = shell.succeed(*IMPORT, *COLUMNS, *ACCOUNTS)
    assert told == "Imported 2 transactions, 2 new accounts, 1 new assets; 0 skipped.\n"
    assert balance(app) == "40.00"


@pytest.mark.parametrize("name", ["journal.csv", "JOURNAL.CSV"])
def test_the_suffix_tells_that_it_is_csv(shell: Shell, folder: Path, app: TestApp, name: str) -> None:
    (folder / name).write_text(JOURNAL)
    shell.succeed("myapp", "import", name, "--ledger", "books")
    assert balance(app, "assets:cash") == "1.50"


def test_the_same_file_with_the_same_options_is_one_import(shell: Shell, bank: Path, app: TestApp) -> None:
    shell.succeed(*IMPORT, *COLUMNS, *ACCOUNTS)
    assert shell.succeed(*IMPORT, *COLUMNS[2:], *COLUMNS[:2], *ACCOUNTS).startswith("Nothing to do")
    assert balance(app) == "40.00"


@pytest.mark.parametrize(
    "other", [("--map", "metadata.day=Text"), ("--default-type", "asset"), ("--account", "assets:other")]
)
def test_the_same_file_with_other_options_is_refused_unless_it_is_said_again(
    shell: Shell, bank: Path, app: TestApp, other: tuple[str, str]
) -> None:
    columns = COLUMNS[:2] + COLUMNS[4:]
    shell.succeed(*IMPORT, *columns, *ACCOUNTS)
    assert "--again" in shell.fail(*IMPORT, *columns, *ACCOUNTS, *other)
    assert "--again" in shell.fail(*IMPORT, *columns, *ACCOUNTS, *other, "--dry-run")
    assert len(app.get("/v1/ledgers/books/transactions").json["data"]) == 2
    assert shell.succeed(*IMPORT, *columns, *ACCOUNTS, *other, "--again").startswith("Imported 2")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "transaction"),
        (("--map", "amount"), "COLUMN=HEADER"),
        (("--map", "amount=a", "--map", "amount=b"), "twice"),
        (("--map", "amount=Betrag", "--map", "asset=Betrag"), "Betrag"),
        (("--map", "colour=Tag"), "colour"),
        (("--map", "amount=Summe"), "line 1"),
        (("--map", "amount=\udcff", *ACCOUNTS), "line 1"),
        (("--account", "assets:bank"), "together"),
        ((*COLUMNS, *ACCOUNTS, "--account", "a::b"), "line 2"),
        ((*COLUMNS, *ACCOUNTS, "--account", "\udcff"), "line 2"),
        ((*COLUMNS, *ACCOUNTS, "--default-asset", "\udcff"), "line 2"),
        ((*COLUMNS, *ACCOUNTS, "--counter-account", "unknown"), "line 2"),
        ((*COLUMNS, *ACCOUNTS, "--format", "hledger-json"), "csv alone"),
        ((*COLUMNS, *ACCOUNTS, "--format", "beancount"), "csv alone"),
    ],
)
def test_options_that_do_not_fit_are_one_line_and_keep_nothing(
    shell: Shell, bank: Path, app: TestApp, options: tuple[str, ...], said: str
) -> None:
    assert said in shell.fail(*IMPORT, *options)
    assert app.get("/v1/ledgers").json["data"] == []


def test_a_bad_last_line_is_named_and_keeps_nothing(shell: Shell, bank: Path, app: TestApp) -> None:
    bank.write_text(BANK + '2024-03-01,"two\r\nlines",1.00\r\n2024-03-02,,x\r\n')
    assert "line 6" in shell.fail(*IMPORT, *COLUMNS, *ACCOUNTS)
    assert app.get("/v1/ledgers").json["data"] == []


def test_a_suffix_that_nobody_reads_asks_for_the_format(shell: Shell, bank: Path) -> None:
    bank.rename(bank.with_suffix(".txt"))
    assert "--format" in shell.fail("myapp", "import", "bank.txt", "--ledger", "books")


def test_a_terminal_sees_how_far_it_is(shell: InProcess, bank: Path) -> None:
    told, screen = shell.watch(*IMPORT, *COLUMNS, *ACCOUNTS)
    assert told.startswith("Imported 2")
    assert "Writing" in screen
    assert "2/2" in screen


def test_nobody_else_sees_a_bar(shell: Shell, bank: Path) -> None:
    # What asks rich for colours must not make it draw into a file.
    forced = {"FORCE_COLOR": "1", "TTY_COMPATIBLE": "1"}
    assert shell.succeed(*IMPORT, *COLUMNS, *ACCOUNTS, **forced).startswith("Imported 2")


def begun(shell: Shell, *command: str) -> subprocess.Popen[bytes]:
    """Start the command in a process of its own, which an interrupt ends."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("MYAPP_")}
    return subprocess.Popen(
        [Path(sys.executable).with_name(command[0]), *command[1:]],
        cwd=shell.folder,
        env={**inherited, **shell.environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # Where the tests themselves run in the background, an interrupt is ignored, and so by their children.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_an_interrupted_import_says_so_and_keeps_nothing(
    process_shell: Shell, folder: Path, app: TestApp
) -> None:
    # The command waits for the rest of a pipe, so it is interrupted for certain.
    pipe = folder / "pipe.csv"
    os.mkfifo(pipe)
    process = begun(process_shell, "myapp", "import", "pipe.csv", "--ledger", "books")
    with pipe.open("wb"):
        process.send_signal(signal.SIGINT)
        out, error = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode != 0
    assert (out, error.split(b"\n")) == (b"", [b"", b"myapp: interrupted", b""])
    assert app.get("/v1/ledgers").json["data"] == []
