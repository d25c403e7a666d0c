"""Books with a backup of them, on each product, and a second database on either."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.cli.backup.pictures import fill
from tests.cli.conftest import REPOSITORY, InProcess
from tests.databases import DIALECTS, Database, copy_sqlite, sqlite_database


@dataclass(frozen=True)
class Filled:
    """A database that nobody is connected to, its backup, and the answer to the post with a key."""

    template: Path | str
    backup: bytes
    answer: Any


# To fill the books takes a second: they are filled once for each product, and copied.
@pytest.fixture(scope="session")
def filled(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Filled]:
    def fill_once(dialect: str) -> Filled:
        folder = tmp_path_factory.mktemp("filled")
        migrated = request.getfixturevalue(f"migrated_{dialect}")
        database, template = copied(request, dialect, folder, migrated)
        answer = fill(database)
        shutil.copy(REPOSITORY / "development.ini", folder)
        told = InProcess(folder, {"MYAPP_DATABASE_URL": database.url}).succeed(
            "myapp", "backup", "books.backup"
        )
        assert re.fullmatch(r"Backed up 15 transactions of 2 ledgers, \d+ rows in all\.\n", told)
        return Filled(template, (folder / "books.backup").read_bytes(), answer)

    return cache(fill_once)


def copied(
    request: pytest.FixtureRequest, dialect: str, folder: Path, template: Any
) -> tuple[Database, Path | str]:
    """Copy a database that nobody is connected to; return the copy, and what it can be copied by."""
    if dialect == "sqlite":
        copy_sqlite(template, folder / "copy.sqlite")
        return sqlite_database(folder / "copy.sqlite"), folder / "copy.sqlite"
    server = request.getfixturevalue("postgres_server")
    name = f"backup_{uuid4().hex}"
    server.create_database(name, template)
    if request.scope == "function":
        # What is made once goes with the server, which may be gone before it.
        request.addfinalizer(lambda: server.drop_database(name))
    return Database("postgresql", server.url(name)), name


@pytest.fixture
def books(
    request: pytest.FixtureRequest, dialect: str, filled: Callable[[str], Filled], folder: Path
) -> Database:
    """Return a database full of everything, of which there is a backup in the folder."""
    once = filled(dialect)
    (folder / "books.backup").write_bytes(once.backup)
    database, _ = copied(request, dialect, folder.parent, once.template)
    return database


@pytest.fixture
def shell(folder: Path, books: Database) -> InProcess:
    return InProcess(folder, {"MYAPP_DATABASE_URL": books.url})


@pytest.fixture(params=DIALECTS)
def other(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """Give the test a second database, on either product, with nothing in it."""
    (tmp_path / "other").mkdir()
    template = request.getfixturevalue(f"migrated_{request.param}")
    database, _ = copied(request, str(request.param), tmp_path / "other", template)
    return database


@pytest.fixture
def elsewhere(folder: Path, other: Database) -> InProcess:
    """Return a shell in the same folder, with the other database."""
    return InProcess(folder, {"MYAPP_DATABASE_URL": other.url})
