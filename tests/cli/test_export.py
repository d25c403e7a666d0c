"""`myapp export`: a whole file or none, on standard output or under a name."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from webtest import TestApp

from tests.cli.conftest import InProcess, Shell, assert_one_line
from tests.databases import Database
from tests.interchange import living_books
from tests.interchange.exports import export, hledger_check

FORMATS = ("hledger", "beancount", "csv", "ndjson")
EXPORT = ("myapp", "export", "--ledger", "books", "--format")


@pytest.fixture
def app(app: TestApp) -> TestApp:
    """Return the service with books in which everything has happened."""
    app.post_json("/v1/ledgers", {"name": "books"}, status=201)
    living_books.fill(app)
    return app


def test_a_file_is_what_the_service_answers(shell: Shell, folder: Path, app: TestApp) -> None:
    for name in FORMATS:
        target = folder / f"books.{name}"
        assert shell.succeed(*EXPORT, name, "-o", target.name) == ""
        assert target.read_bytes() == export(app, name).body
    assert {each.name for each in folder.iterdir()} >= {f"books.{name}" for name in FORMATS}
    assert [each.name for each in folder.iterdir() if each.name.endswith(".part")] == []


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_without_a_name_it_goes_to_standard_output(process_shell: Shell, app: TestApp) -> None:
    journal = process_shell.succeed(*EXPORT, "hledger").encode()
    assert journal == export(app, "hledger").body
    hledger_check(journal)


def test_a_file_goes_in_again_where_there_is_nothing(shell: Shell, folder: Path, app: TestApp) -> None:
    shell.succeed(*EXPORT, "ndjson", "-o", "books.ndjson")
    told = shell.succeed("myapp", "import", "books.ndjson", "--format", "ndjson", "--ledger", "others")
    assert told.startswith("Imported 14 transactions")
    assert export(app, "ndjson", "/v1/ledgers/others").body == (folder / "books.ndjson").read_bytes()


def test_a_file_that_nobody_else_may_read_stays_so(shell: Shell, folder: Path, app: TestApp) -> None:
    target = folder / "books.csv"
    target.touch(mode=0o600)
    shell.succeed(*EXPORT, "csv", "-o", target.name)
    assert target.stat().st_mode & 0o777 == 0o600
    assert target.read_bytes() == export(app, "csv").body


def test_a_name_may_be_as_long_as_the_file_system_takes(shell: Shell, folder: Path, app: TestApp) -> None:
    name = "\N{SUN}" * 84
    shell.succeed(*EXPORT, "csv", "-o", name)
    assert (folder / name).read_bytes() == export(app, "csv").body


def test_a_command_that_is_asked_to_end_leaves_nothing_behind(
    shell: InProcess, folder: Path, app: TestApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(chunks: Iterator[bytes]) -> Iterator[bytes]:
        yield next(chunks)
        os.kill(os.getpid(), signal.SIGTERM)
        yield from chunks

    before = {each.name for each in folder.iterdir()}
    monkeypatch.setattr("myapp.cli.exporting.in_chunks", interrupted)
    assert shell.run(*EXPORT, "csv", "-o", "books.csv").returncode == 128 + signal.SIGTERM
    assert {each.name for each in folder.iterdir()} == before


def test_the_signal_to_end_is_caught_once_the_command_is_imported(
    shell: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    handlers: list[Any] = []

    def note_and_import(name: str) -> Any:
        handlers.append(signal.getsignal(signal.SIGTERM))
        return import_module(name)

    monkeypatch.setattr("myapp.cli.import_module", note_and_import)
    before = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        shell.run(*EXPORT, "csv")
        handlers.append(signal.getsignal(signal.SIGTERM))
    finally:
        signal.signal(signal.SIGTERM, before)
    assert handlers[0] is signal.SIG_DFL
    assert callable(handlers[-1])


def test_a_failure_leaves_what_was_there(
    shell: Shell, folder: Path, app: TestApp, database: Database
) -> None:
    target = folder / "books.ndjson"
    target.write_text("what was there\n")
    engine = create_engine(database.url)
    with engine.begin() as connection:
        # Asked for behind all transactions, so much of the file is written by then.
        connection.execute(text("DROP TABLE hold_capture"))
    engine.dispose()
    assert "hold_capture" in shell.fail(*EXPORT, "ndjson", "-o", target.name)
    assert target.read_text() == "what was there\n"
    assert [each.name for each in folder.iterdir() if each.name.endswith(".part")] == []


def test_a_folder_that_is_not_there_is_told_by_the_name_that_was_asked_for(
    shell: Shell, app: TestApp
) -> None:
    told = shell.fail(*EXPORT, "csv", "-o", "nowhere/books.csv")
    assert told.endswith("/nowhere/books.csv'\n")


def test_a_ledger_that_is_not_there_is_one_line_and_no_file(shell: Shell, folder: Path) -> None:
    assert "others" in shell.fail("myapp", "export", "--ledger", "others", "--format", "csv", "-o", "x.csv")
    assert not (folder / "x.csv").exists()
    assert "--format" in shell.fail(*EXPORT[:-1])
    assert "journal" in shell.fail(*EXPORT, "journal")


def test_a_link_is_followed_and_a_device_written_to(shell: Shell, folder: Path, app: TestApp) -> None:
    (folder / "real.csv").write_text("old")
    (folder / "link.csv").symlink_to("real.csv")
    shell.succeed(*EXPORT, "csv", "-o", "link.csv")
    assert (folder / "link.csv").is_symlink()
    assert (folder / "real.csv").read_bytes() == export(app, "csv").body
    shell.succeed(*EXPORT, "csv", "-o", "/dev/null")
    assert Path("/dev/null").is_char_device()


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_a_terminal_sees_a_bar_and_the_file_does_not(shell: InProcess, app: TestApp) -> None:
    told, screen = shell.watch(*EXPORT, "csv")
    assert "Exporting" in screen
    assert "14/14" in screen
    assert told.encode() == export(app, "csv").body


def test_a_folder_that_is_not_there_is_one_line(shell: Shell, app: TestApp) -> None:
    done = shell.run(*EXPORT, "csv", "-o", "nowhere/x.csv")
    assert done.returncode != 0
    assert_one_line(done.stderr)
