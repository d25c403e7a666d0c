"""`myapp backup` and `myapp restore`: everything that is in a database, into another, or nothing of it."""

from __future__ import annotations

import gzip
import io
import json
import os
import pty
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from webtest import TestApp

from myapp.db import Mode, throwaway
from myapp.ledger import backup as backups
from myapp.ledger.backup.order import originals_first
from tests.apps import close, make_app
from tests.cli.conftest import REPOSITORY, TIMEOUT_S, InProcess, Shell
from tests.databases import DIALECTS, Database, copy_sqlite, sqlite_database
from tests.faults.picture import Picture
from tests.interchange import living_books
from tests.lifecycle.witness import connect

BOOKS = "/v1/ledgers/books"
BACKUP = ("myapp", "backup", "books.backup")
RESTORE = ("myapp", "restore", "books.backup")
KEYED = {"Idempotency-Key": "once"}
TRANSFER = living_books.transfer(20, debit="assets:more")


@contextmanager
def application(database: Database) -> Iterator[TestApp]:
    app = make_app(database)
    try:
        yield app
    finally:
        close(app)


def fill(database: Database) -> Any:
    """Write into every table; return the answer to a post with a key."""
    with application(database) as app:
        app.post_json("/v1/ledgers", {"name": "empty"}, status=201)
        app.post_json("/v1/ledgers", {"name": "books"}, headers=KEYED, status=201)
        living_books.fill(app)
        app.post_json("/v1/keys", {"name": "one", "scopes": ["read"], "ledger": "books"}, status=201)
        answer = app.post_json(f"{BOOKS}/transactions", TRANSFER, headers=KEYED, status=201)
        return answer.json


def picture(database: Database) -> Picture:
    """Return every row there is, in the words of both products."""
    with throwaway(database.url, mode=Mode.READ) as session:
        lines = io.BytesIO()
        backups.take(session, lines, schema="", application="", now=datetime.now(UTC))
    rows: Picture = {}
    table = ""
    for line in gzip.decompress(lines.getvalue()).splitlines():
        decoded = json.loads(line)
        if isinstance(decoded, list):
            rows[table].append(tuple(decoded))
        elif decoded["line"] == "table":
            table = decoded["name"]
            rows[table] = []
    return rows


def in_its_own_words(database: Database) -> Picture:
    """Return every row as the product itself shows it."""
    with closing(connect(database)) as connection:
        tables = picture(database)
        rows = {table: connection.execute(f'SELECT * FROM "{table}"').fetchall() for table in tables}
    return {table: sorted(tuple(map(repr, row)) for row in found) for table, found in rows.items()}


@dataclass(frozen=True)
class Filled:
    """A database that nobody is connected to, its backup, and the answer to the post with a key."""

    template: Path | str
    backup: bytes
    answer: Any


# To fill the books takes a second: they are filled once for each product, and copied.
@pytest.fixture(scope="module")
def filled(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Filled]:
    def fill_once(dialect: str) -> Filled:
        folder = tmp_path_factory.mktemp("filled")
        migrated = request.getfixturevalue(f"migrated_{dialect}")
        database, template = copied(request, dialect, folder, migrated)
        answer = fill(database)
        shutil.copy(REPOSITORY / "development.ini", folder)
        told = InProcess(folder, {"MYAPP_DATABASE_URL": database.url}).succeed(*BACKUP)
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
def shell(folder: Path, books: Database) -> Shell:
    return InProcess(folder, {"MYAPP_DATABASE_URL": books.url})


@pytest.fixture(params=DIALECTS)
def other(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """Give the test a second database, on either product, with nothing in it."""
    (tmp_path / "other").mkdir()
    template = request.getfixturevalue(f"migrated_{request.param}")
    database, _ = copied(request, str(request.param), tmp_path / "other", template)
    return database


@pytest.fixture
def elsewhere(folder: Path, other: Database) -> Shell:
    """Return a shell in the same folder, with the other database."""
    return InProcess(folder, {"MYAPP_DATABASE_URL": other.url})


def test_every_row_is_in_the_other_database_on_either_product(
    books: Database, elsewhere: Shell, other: Database
) -> None:
    told = elsewhere.succeed(*RESTORE)
    assert told.startswith("Restored 15 transactions of 2 ledgers, ")
    assert told.endswith(" UTC; the books are verified.\n")
    before = picture(books)
    assert all(before.values()), [name for name, rows in before.items() if not rows]
    assert picture(other) == before
    if books.dialect == other.dialect:
        assert in_its_own_words(other) == in_its_own_words(books)
    assert "(service)" in elsewhere.succeed("myapp", "verify")


def test_a_key_used_before_the_backup_is_answered_again_and_new_ids_are_free(
    books: Database, dialect: str, filled: Callable[[str], Filled], elsewhere: Shell, other: Database
) -> None:
    answer = filled(dialect).answer
    elsewhere.succeed(*RESTORE)
    with application(other) as app:
        again = app.post_json(f"{BOOKS}/transactions", TRANSFER, headers=KEYED, status=201)
        assert (again.json, again.headers["Idempotency-Replayed"]) == (answer, "true")
        for name in ("next", "after"):
            app.post_json("/v1/ledgers", {"name": name}, status=201)
        app.post_json(f"{BOOKS}/accounts", {"path": "assets:new"}, status=201)
        living_books.fill(app, "/v1/ledgers/next")
        assert app.get("/v1/ledgers/next/verify").json["ok"]
        assert app.get(f"{BOOKS}/verify").json["ok"]


def test_the_restored_journal_is_append_only_again(books: Database, shell: Shell) -> None:
    shell.succeed(*RESTORE, "--force")
    with closing(connect(books)) as connection:
        for statement in ("DELETE FROM txn", "DELETE FROM posting", "UPDATE hold_capture SET number = 9"):
            with pytest.raises(Exception, match="append-only"):
                connection.execute(statement)


def test_a_backup_is_one_new_file_for_its_owner_alone(books: Database, shell: Shell, folder: Path) -> None:
    written = folder / "books.backup"
    written.unlink()
    shell.succeed(*BACKUP)
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    before = written.read_bytes()
    assert "already" in shell.fail(*BACKUP)
    assert written.read_bytes() == before
    assert "nowhere" in shell.fail("myapp", "backup", "nowhere/x.backup")
    assert {each.name for each in folder.iterdir()} == {"development.ini", "books.backup"}


def test_no_secret_is_in_it(shell: Shell, folder: Path) -> None:
    secret = shell.succeed("myapp", "key", "create", "--name", "one", "--scope", "read").strip()
    shell.succeed("myapp", "backup", "second.backup")
    content = gzip.decompress((folder / "second.backup").read_bytes()).decode()
    assert sha256(secret.encode()).hexdigest() in content
    assert secret.rpartition("_")[2] not in content


def test_what_is_there_is_refused_and_deleted_only_by_force(books: Database, shell: Shell) -> None:
    backed_up = in_its_own_words(books)
    with application(books) as app:
        app.post_json("/v1/ledgers", {"name": "others"}, status=201)
        living_books.fill(app, "/v1/ledgers/others")
    before = in_its_own_words(books)
    assert "--force" in shell.fail(*RESTORE)
    assert in_its_own_words(books) == before
    shell.succeed(*RESTORE, "--force")
    assert in_its_own_words(books) == backed_up
    with application(books) as app:
        app.post_json("/v1/ledgers", {"name": "others"}, status=201)


@pytest.mark.parametrize("other", ["sqlite"], indirect=True)
@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_a_key_alone_is_not_deleted_either(books: Database, elsewhere: Shell) -> None:
    elsewhere.succeed("myapp", "key", "create", "--name", "alone", "--scope", "read")
    assert "--force" in elsewhere.fail(*RESTORE)
    assert "alone" in elsewhere.succeed("myapp", "key", "list")


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_a_terminal_sees_a_bar(shell: Shell, folder: Path) -> None:
    for command, words in (
        (("backup", "x.backup"), b"Backing up"),
        (("restore", "--force", "x.backup"), b"Restoring"),
    ):
        ours, theirs = pty.openpty()
        done = subprocess.run(
            [Path(sys.executable).with_name("myapp"), *command],
            cwd=folder,
            env={**os.environ, **shell.environment, "TERM": "xterm"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=theirs,
            timeout=TIMEOUT_S,
            check=True,
        )
        os.close(theirs)
        seen = os.read(ours, 65_536)
        os.close(ours)
        assert words in seen
        assert done.stdout.endswith(b".\n")


def with_other_lines(change: Callable[[list[bytes]], list[bytes]]) -> Callable[[bytes], bytes]:
    def changed(data: bytes) -> bytes:
        return gzip.compress(b"".join(change(gzip.decompress(data).splitlines(keepends=True))))

    return changed


def sealed(lines: list[bytes]) -> list[bytes]:
    """Put the right digest behind lines that were changed."""
    end = {**json.loads(lines[-1]), "sha256": sha256(b"".join(lines[:-1])).hexdigest()}
    return [*lines[:-1], json.dumps(end).encode() + b"\n"]


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda data: b"",
    "cut off": lambda data: data[: len(data) // 2],
    "the last byte is missing": lambda data: data[:-1],
    "a byte was changed": lambda data: flipped(data, len(data) // 2),
    "the sum of gzip was changed": lambda data: flipped(data, len(data) - 6),
    "another format": lambda data: b'{"some": "json"}\n',
    "zipped, and another format": lambda data: gzip.compress(b'{"some": "json"}\n'),
    "something behind the end": lambda data: data + gzip.compress(b"[1]\n"),
    "two ends": with_other_lines(lambda lines: [*lines, lines[-1]]),
    "no header": with_other_lines(lambda lines: lines[1:]),
    "no end": with_other_lines(lambda lines: lines[:-1]),
    "a row is missing": with_other_lines(lambda lines: [*lines[:5], *lines[6:]]),
    "a digit was changed": with_other_lines(
        lambda lines: [each.replace(b'"USD",1,', b'"USD",2,') for each in lines]
    ),
}


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
@pytest.mark.parametrize("other", ["sqlite"], indirect=True)
def test_a_damaged_file_is_noticed_before_anything_is_kept(
    books: Database, elsewhere: Shell, other: Database, folder: Path
) -> None:
    whole = (folder / "books.backup").read_bytes()
    before = in_its_own_words(other)
    for name, damage in DAMAGES.items():
        (folder / "books.backup").write_bytes(damage(whole))
        assert "damaged" in elsewhere.fail(*RESTORE), name
        assert in_its_own_words(other) == before, name


def renamed(lines: list[bytes]) -> list[bytes]:
    return sealed([lines[0], lines[1].replace(b"fingerprint", b"thumbprint"), *lines[2:]])


def with_header(**members: Any) -> Callable[[list[bytes]], list[bytes]]:
    def changed(lines: list[bytes]) -> list[bytes]:
        header = json.dumps({**json.loads(lines[0]), **members}).encode() + b"\n"
        return sealed([header, *lines[1:]])

    return changed


# Whole files which cannot be restored here, and what is said of them.
STRANGE = {
    "format 7": with_header(format=7),
    "schema 0001": with_header(schema="0001"),
    "other tables": renamed,
}


def test_a_file_that_cannot_be_restored_leaves_what_was_there(
    books: Database, shell: Shell, folder: Path
) -> None:
    whole = (folder / "books.backup").read_bytes()
    before = in_its_own_words(books)
    for said, change in STRANGE.items():
        (folder / "books.backup").write_bytes(with_other_lines(change)(whole))
        assert said in shell.fail(*RESTORE, "--force")
    assert in_its_own_words(books) == before


def test_books_that_are_wrong_are_not_restored(books: Database, shell: Shell, folder: Path) -> None:
    def one_more(lines: list[bytes]) -> list[bytes]:
        start = next(at for at, line in enumerate(lines) if b'"name":"balance"' in line)
        row = json.loads(lines[start + 1])
        row[4] += 1
        return sealed([*lines[: start + 1], json.dumps(row).encode() + b"\n", *lines[start + 2 :]])

    whole = (folder / "books.backup").read_bytes()
    (folder / "books.backup").write_bytes(with_other_lines(one_more)(whole))
    before = in_its_own_words(books)
    told = shell.fail(*RESTORE, "--force")
    assert "nothing was restored: books: balance account_id=" in told
    assert in_its_own_words(books) == before
    with application(books) as app:
        # Neither the triggers nor the sequences were left behind.
        app.post_json("/v1/ledgers", {"name": "next"}, status=201)
        living_books.fill(app, "/v1/ledgers/next")


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError])
def test_an_interrupted_restore_keeps_what_was_there(
    books: Database, folder: Path, error: type[BaseException]
) -> None:
    def interrupt(rows: int) -> None:
        raise error

    before = in_its_own_words(books)
    header, _ = backups.check(io.BytesIO((folder / "books.backup").read_bytes()))

    def restore() -> None:
        with (folder / "books.backup").open("rb") as source, throwaway(books.url) as session:
            backups.restore(session, source, schema=header.schema, force=True, progress=interrupt)

    with pytest.raises(error):
        restore()
    assert in_its_own_words(books) == before
    with closing(connect(books)) as connection, pytest.raises(Exception, match="append-only"):
        connection.execute("DELETE FROM posting")


def test_a_reversal_waits_for_what_it_reverses() -> None:
    def row(number: int, reverses: int | None) -> list[Any]:
        original = None if reverses is None else str(UUID(int=reverses))
        return [1, str(UUID(int=number)), "kind", "", None, 0, 0, "", "{}", original]

    rows = [row(1, 5), row(2, 1), row(3, None), row(4, 2), row(5, 9), row(6, 3), row(9, None)]
    assert [int(UUID(each[1])) for each in originals_first(rows)] == [3, 6, 9, 5, 1, 2, 4]
    assert list(originals_first([row(1, 7)])) == [row(1, 7)]
