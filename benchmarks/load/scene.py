"""The scene of the throughput rows: durable databases with the same books in them, and a server on one."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from benchmarks.load.books import Books, opened
from benchmarks.load.serving import Served, served
from tests.databases import copy_sqlite
from tests.postgres import PostgresServer

CLIENTS = 8


@dataclass(frozen=True)
class Scene:
    """`books` are what the server serves, `plain_books` the same for a program without a service.

    `plain_place` is what a plain driver opens them by: a path, or a connection string.
    """

    server: Served
    postgres: PostgresServer | None
    books: Books
    plain_books: Books
    plain_place: str


@contextmanager
def set_up(dialect: str, accounts: int) -> Iterator[Scene]:
    """Fill the databases and serve one of them; at the end nothing of it is left."""
    with tempfile.TemporaryDirectory(prefix="load-log-") as logs:
        databases = _on_postgresql if dialect == "postgresql" else _on_sqlite
        with (
            databases(accounts) as (postgres, books, plain_books, place),
            served(books.url, Path(logs) / "server.log") as server,
        ):
            yield Scene(server, postgres, books, plain_books, place)


_Databases = tuple[PostgresServer | None, Books, Books, str]


@contextmanager
def _on_sqlite(accounts: int) -> Iterator[_Databases]:
    with tempfile.TemporaryDirectory(prefix="load-") as folder:
        path, plain = Path(folder) / "books.sqlite", Path(folder) / "plain.sqlite"
        books = opened(f"sqlite:///{path}", accounts, CLIENTS)
        copy_sqlite(path, plain)
        yield None, books, books.at(f"sqlite:///{plain}"), str(plain)


@contextmanager
def _on_postgresql(accounts: int) -> Iterator[_Databases]:
    folder = Path(tempfile.mkdtemp(prefix="load-"))
    # It waits for the disk at each commit, as PostgreSQL does when nobody tells it otherwise.
    postgres = PostgresServer.start(folder, durable=True)
    try:
        postgres.create_database("books")
        books = opened(postgres.url("books"), accounts, CLIENTS)
        postgres.create_database("plain", "books")
        for name in ("books", "plain"):
            # As pgbench does once its tables are filled; otherwise autovacuum would, in the midst of a turn.
            with psycopg.connect(_conninfo(postgres, name), autocommit=True) as connection:
                connection.execute("VACUUM ANALYZE")
        yield postgres, books, books.at(postgres.url("plain")), _conninfo(postgres, "plain")
    finally:
        postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _conninfo(postgres: PostgresServer, name: str) -> str:
    return postgres.url(name).replace("+psycopg", "")
