"""`myapp backup` and `myapp restore`: everything that is in a database, into another, or nothing of it."""

from __future__ import annotations

import gzip
import stat
from collections.abc import Callable
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest

from tests.cli.backup.conftest import Filled
from tests.cli.backup.pictures import BOOKS, KEYED, TRANSFER, application, in_its_own_words, picture
from tests.cli.conftest import InProcess, Shell
from tests.databases import Database
from tests.interchange import living_books
from tests.lifecycle.witness import connect

BACKUP = ("myapp", "backup", "books.backup")
RESTORE = ("myapp", "restore", "books.backup")


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
    # Before it stands the key's id, which is none; an underscore may be in the secret, too.
    assert secret[-20:] not in content


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
def test_a_terminal_sees_a_bar(shell: InProcess) -> None:
    for command, words in (
        (("backup", "x.backup"), "Backing up"),
        (("restore", "--force", "x.backup"), "Restoring"),
    ):
        told, screen = shell.watch("myapp", *command)
        assert words in screen
        assert told.endswith(".\n")
