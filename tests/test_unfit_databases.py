"""A database that is not as the service needs it: it is made so, or answered 503, or refused in one line."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from pyramid.exceptions import ConfigurationError
from sqlalchemy.engine import make_url
from webtest import TestApp

from myapp.schema import upgrade
from tests.api.client import post, send, send_ok
from tests.apps import close, make_app
from tests.databases import Database
from tests.postgres import PostgresServer

# As Linux numbers the user who may nothing.
NOBODY = 65534
USD = {"name": "books", "assets": [{"code": "USD", "scale": 2}]}
ON_POSTGRESQL = pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
ON_SQLITE = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)


@contextmanager
def serving(database: Database) -> Iterator[TestApp]:
    app = make_app(database, anew=True)
    try:
        yield app
    finally:
        close(app)


@contextmanager
def setting(server: PostgresServer, database: Database, name: str, value: str) -> Iterator[None]:
    """Let the server begin the sessions of a database with another setting."""
    of_database = f'ALTER DATABASE "{make_url(database.url).database}"'
    with closing(server.connect("postgres")) as connection:
        connection.execute(f"{of_database} SET {name} = '{value}'".encode())
        try:
            yield
        finally:
            connection.execute(f"{of_database} RESET {name}".encode())


def assert_all_goes_well(app: TestApp) -> None:
    send_ok(app, "POST", "/v1/ledgers", USD, 201)
    made = post(app, description="Café ☕", effective_at="0001-01-01")
    assert (made["description"], made["effective_at"]) == ("Café ☕", "0001-01-01T00:00:00Z")
    assert [each["id"] for each in send_ok(app, "GET", "/v1/ledgers/books/transactions")["data"]] == [
        made["id"]
    ]
    assert send_ok(app, "GET", "/readyz")["status"] == "ok"


SETTINGS = {
    "datestyle": "German",
    "timezone": "America/New_York",
    "client_encoding": "LATIN1",
    "default_transaction_isolation": "serializable",
}


@ON_POSTGRESQL
@pytest.mark.parametrize(("name", "value"), SETTINGS.items(), ids=SETTINGS)
def test_settings_of_the_server_do_not_matter(
    postgres_server: PostgresServer, database: Database, name: str, value: str
) -> None:
    with setting(postgres_server, database, name, value), serving(database) as app:
        assert_all_goes_well(app)


@ON_POSTGRESQL
@pytest.mark.parametrize(
    ("name", "value"),
    [("PGDATESTYLE", "German"), ("PGTZ", "America/New_York"), ("PGCLIENTENCODING", "LATIN1")],
)
def test_nor_do_those_of_the_environment(
    database: Database, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with serving(database) as app:
        assert_all_goes_well(app)


@ON_POSTGRESQL
def test_a_server_that_takes_no_writes_is_not_ready_and_answers_what_it_can(
    postgres_server: PostgresServer, database: Database
) -> None:
    with setting(postgres_server, database, "default_transaction_read_only", "on"), serving(database) as app:
        assert_takes_no_writes(app)
        assert send(app, "GET", "/readyz").status_int == 503


@ON_SQLITE
def test_nor_does_a_file_that_is_for_reading_alone(database: Database) -> None:
    path = make_url(database.url).database
    with serving(Database("sqlite", f"sqlite:///file:{path}?mode=ro&uri=true")) as app:
        assert_takes_no_writes(app)


@contextmanager
def as_nobody() -> Iterator[None]:
    """Let the process have nobody's permissions, where it has everybody's."""
    effective = os.geteuid()
    os.seteuid(effective or NOBODY)
    try:
        yield
    finally:
        os.seteuid(effective)


@ON_SQLITE
def test_a_file_that_nobody_may_write_is_not_ready(database: Database) -> None:
    # pytest's own folders are closed to others, from whom the file itself would be hidden.
    with TemporaryDirectory() as folder:
        path = Path(folder) / "books.sqlite"
        upgrade(f"sqlite:///{path}")
        with serving(Database("sqlite", f"sqlite:///{path}")) as app:
            Path(folder).chmod(0o755)
            for mode, status in ((0o444, 503), (0o666, 200)):
                path.chmod(mode)
                with as_nobody():
                    ready = send(app, "GET", "/readyz")
                assert (ready.status_int, ready.json["checks"]["schema"]) == (status, True)


def assert_takes_no_writes(app: TestApp) -> None:
    refused = send(app, "POST", "/v1/ledgers", USD)
    assert (refused.status_int, refused.json["code"]) == (503, "unavailable")
    assert send_ok(app, "GET", "/v1/ledgers")["data"] == []


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
def test_a_database_that_has_not_every_letter_is_refused(
    postgres_server: PostgresServer, encoding: str
) -> None:
    with closing(postgres_server.connect("postgres")) as connection:
        made = f"CREATE DATABASE unfit ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0"
        connection.execute(made.encode())
        try:
            with pytest.raises(ConfigurationError, match=f"{encoding}.*UTF8"):
                upgrade(postgres_server.url("unfit"))
            with pytest.raises(SystemExit, match=f"{encoding}.*UTF8"):
                make_app(Database("postgresql", postgres_server.url("unfit")), anew=True)
        finally:
            connection.execute(b"DROP DATABASE unfit WITH (FORCE)")


def removed(path: Path) -> None:
    path.unlink()


def replaced(path: Path) -> None:
    path.rename(path.with_suffix(".old"))
    path.write_bytes(path.with_suffix(".old").read_bytes())


@ON_SQLITE
@pytest.mark.parametrize("change", [removed, replaced])
def test_a_file_that_is_not_there_any_more_takes_nothing(
    database: Database, tmp_path: Path, change: Callable[[Path], Any]
) -> None:
    kept = tmp_path / "kept.sqlite"
    upgrade(f"sqlite:///{kept}")
    with serving(Database("sqlite", f"sqlite:///{kept}")) as app:
        send_ok(app, "POST", "/v1/ledgers", USD, 201)
        change(kept)
        for method, url, body in (("POST", "/v1/ledgers", {"name": "lost"}), ("GET", "/v1/ledgers", None)):
            assert send(app, method, url, body).json["code"] == "unavailable"
        assert send(app, "GET", "/readyz").status_int == 503
        if change is replaced:
            kept.with_suffix(".old").rename(kept)
            assert [each["name"] for each in send_ok(app, "GET", "/v1/ledgers")["data"]] == ["books"]
