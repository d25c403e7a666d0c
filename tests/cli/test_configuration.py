"""Which ini file and which database a command takes; every mistake is one clear line."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from pyramid.exceptions import ConfigurationError

from tests.cli.conftest import REPOSITORY, InProcess, Shell
from tests.databases import Database


def test_the_ini_file_of_the_folder_is_the_default(folder: Path) -> None:
    shell = InProcess(folder)
    assert shell.succeed("myapp", "migrate") == ""
    assert (folder / "myapp.sqlite").is_file()
    assert shell.succeed("myapp", "key", "list") == ""


def test_the_environment_may_name_the_ini_file(folder: Path, tmp_path: Path) -> None:
    shell = InProcess(tmp_path, {"MYAPP_CONFIG": str(folder / "development.ini")})
    shell.succeed("myapp", "migrate")
    # The database stands beside the ini file, wherever the command was called.
    assert (folder / "myapp.sqlite").is_file()
    assert not (tmp_path / "myapp.sqlite").exists()


def test_the_option_wins_over_the_environment(folder: Path) -> None:
    shell = InProcess(folder, {"MYAPP_CONFIG": "no-such.ini"})
    assert "no-such.ini" in shell.fail("myapp", "migrate")
    shell.succeed("myapp", "migrate", "-c", "development.ini")


def test_the_environments_database_wins_over_the_ini_files(shell: Shell, folder: Path) -> None:
    shell.succeed("myapp", "key", "create", "--name", "web", "--scope", "read")
    assert not (folder / "myapp.sqlite").exists()
    assert "web" in shell.succeed("myapp", "key", "list")


def test_production_takes_its_database_from_the_environment_alone(database: Database, folder: Path) -> None:
    ini = str(REPOSITORY / "production.ini")
    assert "MYAPP_DATABASE_URL" in InProcess(folder).fail("myapp", "key", "list", "-c", ini)
    assert InProcess(folder).succeed("myapp", "key", "list", "-c", ini, MYAPP_DATABASE_URL=database.url) == ""


@pytest.mark.parametrize("command", [["migrate"], ["demo"], ["key", "list"]])
def test_a_missing_ini_file_is_told(tmp_path: Path, command: list[str]) -> None:
    assert "development.ini" in InProcess(tmp_path).fail("myapp", *command)


UNREADABLE = {
    "no section": b"sqlalchemy.url = sqlite://\n",
    "an option twice": b"[app:main]\nuse = egg:myapp\na = 1\na = 2\n",
    "a single per cent sign": b"[app:main]\nuse = egg:myapp\nsqlalchemy.url = postgresql://me:p%40ss@x/y\n",
    "a name that stands for nothing": b"[app:main]\nuse = egg:myapp\nsqlalchemy.url = %(nope)s\n",
    "another encoding": b"[app:main]\nuse = egg:myapp\nname = \xff\n",
}


@pytest.mark.parametrize("content", UNREADABLE.values(), ids=UNREADABLE)
@pytest.mark.parametrize("command", [["migrate"], ["key", "list"]])
def test_an_ini_file_that_cannot_be_read_is_told(tmp_path: Path, command: list[str], content: bytes) -> None:
    (tmp_path / "mine.ini").write_bytes(content)
    assert "mine.ini" in InProcess(tmp_path).fail("myapp", *command, "-c", "mine.ini")


@pytest.mark.parametrize("name", ["mine", "mine.cfg"])
def test_a_file_that_is_no_ini_file_is_told(folder: Path, name: str) -> None:
    (folder / "development.ini").rename(folder / name)
    assert name in InProcess(folder).fail("myapp", "migrate", "-c", name)


def test_an_argument_that_is_no_text_is_told(shell: InProcess) -> None:
    assert shell.fail("myapp", "export", "--format", "csv", "--ledger", "d\udcff").startswith("myapp: ")


@pytest.mark.parametrize(
    "command", [["demo"], ["key", "list"], ["key", "create", "--name", "x", "--scope", "read"]]
)
def test_a_database_that_is_not_migrated_is_told_with_the_remedy(
    empty_database: Database, folder: Path, command: list[str]
) -> None:
    shell = InProcess(folder, {"MYAPP_DATABASE_URL": empty_database.url})
    assert "myapp migrate -c development.ini" in shell.fail("myapp", *command)


@pytest.mark.parametrize(
    "url",
    ["postgresql+psycopg://nobody@127.0.0.1:1/x", "mysql://x/y", "nonsense", "sqlite:////no/such/folder/x"],
)
@pytest.mark.parametrize("command", [["migrate"], ["key", "list"]])
def test_a_database_that_cannot_be_reached_is_told(folder: Path, command: list[str], url: str) -> None:
    assert InProcess(folder).fail("myapp", *command, MYAPP_DATABASE_URL=url).startswith("myapp: ")


@pytest.mark.parametrize(
    "command",
    [
        ["nonsense"],
        ["migrate", "--nonsense"],
        ["key", "create", "--name", "x"],
        ["key", "create", "--name", "x", "--scope", "nonsense"],
        ["key", "revoke", "nonsense"],
        ["import"],
        ["import", "no-such-file.json", "--ledger", "x"],
        ["import", "development.ini"],
    ],
)
def test_a_wrong_command_is_told_in_one_line(folder: Path, command: list[str]) -> None:
    assert InProcess(folder).fail("myapp", *command).startswith("myapp: ")


@pytest.mark.parametrize("command", [["--help"], ["import", "--help"], ["key", "create", "--help"]])
def test_help_is_an_answer(tmp_path: Path, command: list[str]) -> None:
    assert "Usage: myapp" in InProcess(tmp_path).succeed("myapp", *command)


def test_what_a_library_logs_is_not_told_beside_the_one_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(url: str) -> None:
        # As psycopg does when a connection is given back in the middle of a pipeline.
        logging.getLogger("psycopg").warning("error ignored terminating %r", url)
        raise ConfigurationError("It is refused.")

    monkeypatch.setattr("myapp.cli.migrate.upgrade", refuse)
    # A process begins without a handler; this one has pytest's.
    monkeypatch.setattr(logging.root, "handlers", [])
    assert InProcess(folder).fail("myapp", "migrate") == "myapp: It is refused.\n"
