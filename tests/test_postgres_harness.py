"""The tests' own PostgreSQL keeps its promises: isolation, durability, and leaving nothing behind."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, inspect, text

from tests import postgres
from tests.databases import Database, copy_sqlite, sqlite_database
from tests.postgres import PostgresError, PostgresServer, installed_version
from tests.shared import shared

REPOSITORY = Path(__file__).parents[1]
TIMEOUT_S = 30.0

# What a test process does that is killed before any fixture of it can end the server.
UNFINISHED = """
import sys, time
from pathlib import Path
from tests.postgres import PostgresServer
server = PostgresServer.start(Path(sys.argv[1]))
print(server.port, flush=True)
time.sleep(3600)
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="myapp-postgres-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def durable_server(folder: Path) -> Iterator[PostgresServer]:
    server = PostgresServer.start(folder, durable=True)
    yield server
    server.stop()


@pytest.fixture
def names(postgres_server: PostgresServer) -> Iterator[list[str]]:
    names = ["harness_one", "harness_two"]
    postgres_server.create_database(names[0])
    yield names
    for name in names:
        postgres_server.drop_database(name)


def run(server: PostgresServer, database: str, statement: str) -> list[tuple[object, ...]]:
    url = server.url(database).replace("+psycopg", "")
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def is_listening(port: int) -> bool:
    try:
        psycopg.connect(host="127.0.0.1", port=port, user="postgres", connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def test_the_server_is_the_installed_version(postgres_server: PostgresServer) -> None:
    [(version,)] = run(postgres_server, "postgres", "SELECT version()")
    assert str(version).startswith(f"PostgreSQL {installed_version()} ")


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("TimeZone", "UTC"),
        ("server_encoding", "UTF8"),
        ("lc_messages", "C"),
        ("max_connections", "100"),
        ("listen_addresses", "127.0.0.1"),
        ("unix_socket_directories", ""),
        ("fsync", "off"),
        ("full_page_writes", "off"),
        ("synchronous_commit", "off"),
    ],
)
def test_the_server_runs_with_settings_for_tests(
    postgres_server: PostgresServer, setting: str, value: str
) -> None:
    assert run(postgres_server, "postgres", f"SHOW {setting}") == [(value,)]


def test_a_durable_server_waits_for_the_disk(durable_server: PostgresServer) -> None:
    for setting in ("fsync", "full_page_writes", "synchronous_commit"):
        assert run(durable_server, "postgres", f"SHOW {setting}") == [("on",)]


def test_the_server_does_not_run_as_root(postgres_server: PostgresServer) -> None:
    # The postmaster writes this file itself, so the file's owner is the account it runs as.
    pid_file = postgres_server.folder / "data" / "postmaster.pid"
    assert pid_file.read_text().split()[0] == str(postgres_server.pid)
    assert pid_file.stat().st_uid != 0


def test_two_databases_are_isolated(postgres_server: PostgresServer, names: list[str]) -> None:
    postgres_server.create_database(names[1])
    run(postgres_server, names[0], "CREATE TABLE coin (n int)")
    count = "SELECT count(*) FROM pg_tables WHERE tablename = 'coin'"
    assert run(postgres_server, names[0], count) == [(1,)]
    assert run(postgres_server, names[1], count) == [(0,)]


def test_a_copy_carries_the_rows_and_then_goes_its_own_way(
    postgres_server: PostgresServer, names: list[str]
) -> None:
    run(postgres_server, names[0], "CREATE TABLE coin (n int); INSERT INTO coin VALUES (7)")
    postgres_server.create_database(names[1], template=names[0])
    run(postgres_server, names[1], "UPDATE coin SET n = 8")
    assert run(postgres_server, names[0], "SELECT n FROM coin") == [(7,)]
    assert run(postgres_server, names[1], "SELECT n FROM coin") == [(8,)]


def test_a_copy_of_a_sqlite_file_carries_the_write_ahead_log(tmp_path: Path) -> None:
    source, target = tmp_path / "source.sqlite", tmp_path / "target.sqlite"
    engine = create_engine(sqlite_database(source).url)
    with engine.connect() as connection:
        connection.execute(text("PRAGMA journal_mode=WAL"))
        connection.execute(text("CREATE TABLE coin (n int)"))
        connection.execute(text("INSERT INTO coin VALUES (7)"))
        connection.commit()
        assert (tmp_path / "source.sqlite-wal").stat().st_size > 0
        copy_sqlite(source, target)
    engine.dispose()
    copy = create_engine(sqlite_database(target).url)
    with copy.connect() as connection:
        assert connection.scalar(text("SELECT n FROM coin")) == 7
    copy.dispose()


def test_dropping_a_database_ends_the_connections_to_it(postgres_server: PostgresServer) -> None:
    postgres_server.create_database("harness_dropped")
    with psycopg.connect(postgres_server.url("harness_dropped").replace("+psycopg", "")) as connection:
        postgres_server.drop_database("harness_dropped")
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")


@pytest.mark.parametrize("fails", [False, True])
def test_a_database_that_tests_share_can_be_made_again(
    request: pytest.FixtureRequest, dialect: str, fails: bool
) -> None:
    for _ in range(2):
        with suppress(ZeroDivisionError), shared(request, dialect, "harness_shared") as database:
            engine = create_engine(database.url)
            with engine.connect() as connection:
                assert connection.scalar(text("SELECT count(*) FROM alembic_version")) == 1
                connection.execute(text("DELETE FROM alembic_version"))
                connection.commit()
            engine.dispose()
            assert 1 / (not fails)


@pytest.mark.parametrize("attempt", ["first", "second"])
def test_an_empty_database_is_empty_for_every_test(empty_database: Database, attempt: str) -> None:
    engine = create_engine(empty_database.url)
    assert engine.dialect.name == empty_database.dialect
    assert inspect(engine).get_table_names() == []
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE coin (n int)"))
    engine.dispose()


def test_committed_rows_survive_a_killed_server(durable_server: PostgresServer) -> None:
    run(durable_server, "postgres", "CREATE TABLE coin (n int); INSERT INTO coin VALUES (7)")
    url, pid = durable_server.url("postgres"), durable_server.pid
    with closing(psycopg.connect(url.replace("+psycopg", ""))) as connection:
        connection.execute("INSERT INTO coin VALUES (8)")
        durable_server.kill()
        assert not is_listening(durable_server.port)
        durable_server.restart()
        with pytest.raises(psycopg.OperationalError):
            connection.commit()
    assert durable_server.url("postgres") == url
    assert durable_server.pid != pid
    assert run(durable_server, "postgres", "SELECT n FROM coin") == [(7,)]


def test_a_running_server_can_be_restarted(durable_server: PostgresServer) -> None:
    run(durable_server, "postgres", "CREATE TABLE coin (n int); INSERT INTO coin VALUES (7)")
    durable_server.restart()
    assert run(durable_server, "postgres", "SELECT n FROM coin") == [(7,)]


@pytest.mark.parametrize("killed", [False, True])
def test_a_stopped_server_leaves_nothing_behind(folder: Path, killed: bool) -> None:
    server = PostgresServer.start(folder)
    assert is_listening(server.port)
    if killed:
        server.kill()
    server.stop()
    server.stop()
    assert not folder.exists()
    assert not is_listening(server.port)


def test_a_killed_test_process_leaves_nothing_behind(folder: Path) -> None:
    command = [sys.executable, "-c", UNFINISHED, str(folder)]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        assert is_listening(port)
        process.kill()
    deadline_s = time.monotonic() + TIMEOUT_S
    while folder.exists() and time.monotonic() < deadline_s:
        # Nothing else tells when a process that is not our child has finished.
        time.sleep(0.01)
    assert not folder.exists()
    assert not is_listening(port)


def test_a_port_that_is_taken_is_replaced_by_another(
    folder: Path, postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = postgres._free_port
    ports = iter([postgres_server.port])
    monkeypatch.setattr(postgres, "_free_port", lambda: next(ports, None) or real())
    server = PostgresServer.start(folder)
    assert server.port != postgres_server.port
    assert is_listening(server.port)
    server.stop()


def test_a_server_that_cannot_start_says_why_and_leaves_nothing_behind(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(postgres.SETTINGS, "max_connections", "none")
    with pytest.raises(PostgresError, match='invalid value for parameter "max_connections"'):
        PostgresServer.start(folder)
    assert not folder.exists()


def test_programs_in_a_closed_folder_serve_all_the_same(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # tmp_path lies in a folder of mode 700, like a checkout in root's home.
    package = postgres.package_folder()
    for part in (package, package.with_suffix(".libs")):
        shutil.copytree(part, tmp_path / part.name)
    monkeypatch.setattr(postgres, "package_folder", lambda: tmp_path / package.name)
    server = PostgresServer.start(folder)
    assert (folder / package.name).exists() == (os.geteuid() == 0)
    assert run(server, "postgres", "SELECT 1") == [(1,)]
    server.stop()
    assert not folder.exists()
