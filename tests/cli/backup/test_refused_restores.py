"""`myapp restore` of files that cannot be restored: damaged, strange or wrong; what was there stays."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from myapp.db import throwaway
from myapp.ledger import backup as backups
from myapp.ledger.backup.order import originals_first
from tests.cli.backup.pictures import application, in_its_own_words
from tests.cli.conftest import Shell
from tests.databases import Database
from tests.interchange import living_books
from tests.lifecycle.witness import connect

RESTORE = ("myapp", "restore", "books.backup")


def with_other_lines(change: Callable[[list[bytes]], list[bytes]]) -> Callable[[bytes], bytes]:
    def changed(data: bytes) -> bytes:
        return gzip.compress(b"".join(change(gzip.decompress(data).splitlines(keepends=True))))

    return changed


def sealed(lines: list[bytes]) -> list[bytes]:
    """Put the right digest behind lines that were changed."""
    end = {**json.loads(lines[-1]), "sha256": sha256(b"".join(lines[:-1])).hexdigest()}
    return [*lines[:-1], json.dumps(end).encode() + b"\n"]


def counting(**counts: int) -> Callable[[bytes], bytes]:
    """Make the last line count these rows, and none where nothing is given; its digest stays right."""

    def changed(lines: list[bytes]) -> list[bytes]:
        end = json.loads(lines[-1])
        rows = {**end["rows"], **counts} if counts else {}
        return [*lines[:-1], json.dumps({**end, "rows": rows}).encode() + b"\n"]

    return with_other_lines(changed)


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
    "no counts": counting(),
    "more rows are counted": counting(txn=10**30),
    "fewer rows are counted": counting(txn=0),
    "a table that is not there is counted": counting(gift=0),
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
    "other tables than this database": lambda lines: sealed([lines[0], b'{"line":"end","rows":{}}']),
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
