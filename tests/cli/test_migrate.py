"""`myapp migrate`, Alembic's own command line, and the server that refuses to start without them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import REPOSITORY, InProcess, Shell
from tests.databases import Database

INI = str(REPOSITORY / "development.ini")


@pytest.fixture
def empty_shell(folder: Path, empty_database: Database) -> Shell:
    return Shell(folder, {"MYAPP_DATABASE_URL": empty_database.url})


def test_migrating_twice_is_migrating_once(empty_shell: Shell) -> None:
    here = InProcess(empty_shell.folder, empty_shell.environment)
    for _ in range(2):
        here.succeed("myapp", "migrate")
    assert here.succeed("myapp", "key", "list") == ""


def test_alembics_own_command_line_migrates_the_same_database(empty_shell: Shell) -> None:
    assert empty_shell.run("alembic", "-c", INI, "current").returncode == 0
    done = empty_shell.run("alembic", "-c", INI, "upgrade", "head")
    assert done.returncode == 0, done.stderr
    assert "(head)" in empty_shell.run("alembic", "-c", INI, "current").stdout
    assert empty_shell.succeed("myapp", "key", "list") == ""
    assert empty_shell.run("alembic", "-c", INI, "check").returncode == 0


def test_the_server_refuses_to_start_with_exactly_one_line(empty_shell: Shell) -> None:
    told = empty_shell.fail("pserve", "development.ini")
    assert "myapp migrate -c development.ini" in told


def test_the_server_refuses_an_older_schema(process_shell: Shell) -> None:
    assert process_shell.run("alembic", "-c", INI, "downgrade", "0001").returncode == 0
    assert "myapp migrate -c development.ini" in process_shell.fail("pserve", "development.ini")
