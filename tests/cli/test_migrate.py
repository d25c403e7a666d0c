"""`myapp migrate`, Alembic's own command line, and the server that refuses to start without them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from tests.cli.conftest import REPOSITORY, InProcess, Shell
from tests.databases import Database
from tests.ledger.threads import at_once, wait_until_someone_waits

INI = str(REPOSITORY / "development.ini")


@pytest.fixture
def empty_shell(folder: Path, empty_database: Database) -> InProcess:
    return InProcess(folder, {"MYAPP_DATABASE_URL": empty_database.url})


def test_migrating_twice_is_migrating_once(empty_shell: InProcess) -> None:
    for _ in range(2):
        empty_shell.succeed("myapp", "migrate")
    assert empty_shell.succeed("myapp", "key", "list") == ""


def test_alembics_own_command_line_migrates_the_same_database(empty_shell: InProcess) -> None:
    done = empty_shell.run("alembic", "-c", INI, "upgrade", "head")
    assert done.returncode == 0, done.stderr
    assert empty_shell.succeed("myapp", "key", "list") == ""
    assert empty_shell.run("alembic", "-c", INI, "check").returncode == 0


# Processes, because Alembic keeps what it works on in a variable of the module.
MIGRATING = (("myapp", "migrate"), ("alembic", "-c", INI, "upgrade", "head"))


def test_two_programs_may_migrate_at_once(empty_shell: InProcess) -> None:
    shell = Shell(empty_shell.folder, empty_shell.environment)
    done = at_once(len(MIGRATING), lambda number: shell.run(*MIGRATING[number]))
    assert [each.returncode for each in done] == [0, 0], [each.stderr for each in done]
    assert empty_shell.succeed("myapp", "key", "list") == ""


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
@pytest.mark.parametrize("other", MIGRATING, ids=["myapp", "alembic"])
def test_who_migrates_waits_for_who_does_already(
    empty_shell: InProcess, empty_database: Database, other: tuple[str, ...]
) -> None:
    # On a busy machine one of them may come long before the other.
    patient = make_url(empty_database.url).update_query_dict({"options": "-c lock_timeout=50s"})
    url = patient.render_as_string(hide_password=False)
    shell = Shell(empty_shell.folder, {"MYAPP_DATABASE_URL": url})
    engine = create_engine(empty_database.url)
    watching = create_engine(empty_database.url, isolation_level="AUTOCOMMIT")
    # Nobody gets past the first table as long as this one may still come to be.
    with ThreadPoolExecutor(2) as pool, watching.connect() as watch, engine.connect() as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num text)"))
        running = [pool.submit(shell.run, *command) for command in (MIGRATING[0], other)]
        wait_until_someone_waits(watch, 2)
        connection.rollback()
        done = [each.result() for each in running]
    for each in (engine, watching):
        each.dispose()
    assert [each.returncode for each in done] == [0, 0], [each.stderr for each in done]
    assert empty_shell.succeed("myapp", "key", "list") == ""


@pytest.mark.parametrize(
    "command",
    [("myapp", "migrate"), ("myapp", "verify"), ("myapp", "export", "--ledger", "x", "--format", "csv")],
)
def test_a_database_that_a_newer_program_migrated_is_told_as_that(
    shell: InProcess, database: Database, command: tuple[str, ...]
) -> None:
    engine = create_engine(database.url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    told = shell.fail(*command)
    assert "9999: a newer myapp" in told
    assert "myapp migrate" not in told


def test_alembics_own_program_tells_in_one_line_what_is_missing(folder: Path) -> None:
    told = Shell(folder).fail("alembic", "-c", str(REPOSITORY / "production.ini"), "current")
    assert "MYAPP_DATABASE_URL" in told


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_alembics_own_program_finds_the_revision(process_shell: Shell) -> None:
    assert "(head)" in process_shell.run("alembic", "-c", INI, "current").stdout


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_the_server_refuses_to_start_with_exactly_one_line(empty_shell: InProcess) -> None:
    told = Shell(empty_shell.folder, empty_shell.environment).fail("pserve", "development.ini")
    assert "myapp migrate -c development.ini" in told
