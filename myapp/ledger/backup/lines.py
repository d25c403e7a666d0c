"""The lines of a backup, in gzip: how they are written, and how they are read again with every check.

The digest shows an accident, and is no signature: whoever can change the file can compute it anew.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from gzip import BadGzipFile, GzipFile
from hashlib import sha256
from typing import BinaryIO

import msgspec

from myapp.db import in_chunks
from myapp.ledger.backup.errors import BackupError

FORMAT = 1

# A row in the order of its table's columns; every value is an integer, a text or nothing.
Row = list[int | str | None]


class Header(msgspec.Struct, frozen=True, tag_field="line", tag="myapp-backup"):
    """The first line: what the file is."""

    format: int
    schema: str
    application: str
    taken_at: datetime


class TableStart(msgspec.Struct, frozen=True, tag_field="line", tag="table"):
    """A table begins: the rows that follow are its own."""

    name: str
    columns: list[str]


class End(msgspec.Struct, frozen=True, tag_field="line", tag="end"):
    """The last line: how many rows each table has, and the digest of every byte before this line."""

    rows: dict[str, int]
    sha256: str

    @property
    def row_count(self) -> int:
        """Return the number of all rows."""
        return sum(self.rows.values())


Line = Row | Header | TableStart | End

_DECODER: msgspec.json.Decoder[Line] = msgspec.json.Decoder(Line)
_ENCODER = msgspec.json.Encoder()
_BROKEN = (BadGzipFile, EOFError, zlib.error, msgspec.DecodeError, UnicodeDecodeError)
_DAMAGED = "The file is no backup of myapp, or it was damaged or cut off: nothing was restored."


def write(out: BinaryIO, lines: Iterable[Row | Header | TableStart], rows: Mapping[str, int]) -> End:
    """Write the lines and return the end that was put behind them; `rows` is asked once they are written."""
    digest = sha256()
    # Without a name and a time of its own, the same rows make the same file.
    with GzipFile(filename="", fileobj=out, mode="wb", mtime=0) as zipped:
        for chunk in in_chunks(_encoded(line) for line in lines):
            digest.update(chunk)
            zipped.write(chunk)
        end = End(dict(rows), digest.hexdigest())
        zipped.write(_encoded(end))
    return end


def _encoded(line: Line) -> bytes:
    return _ENCODER.encode(line) + b"\n"


def check(source: BinaryIO) -> tuple[Header, End]:
    """Read all of a backup and return what it says of itself.

    Raises:
        BackupError: it is none, or not as it was written.
    """
    lines = read(source)
    header = header_of(lines)
    for line in lines:
        if isinstance(line, End):
            end = line
    return header, end


def header_of(lines: Iterator[Line]) -> Header:
    """Take the first line.

    Raises:
        BackupError: it is no header, or one of another format.
    """
    header = next(lines)
    if not isinstance(header, Header):
        raise BackupError(_DAMAGED)
    if header.format != FORMAT:
        raise BackupError(
            f"The backup has format {header.format}, and this version of myapp reads {FORMAT}: "
            f"restore it with version {header.application}."
        )
    return header


def read(source: BinaryIO) -> Iterator[Line]:
    """Yield every line, the end last; a file that is not whole has raised by then.

    Raises:
        BackupError: it is no backup, or not as it was written.
    """
    try:
        yield from _checked(source)
    except _BROKEN as error:
        raise BackupError(_DAMAGED) from error


def _checked(source: BinaryIO) -> Iterator[Line]:
    digest, end = sha256(), None
    table, rows = "", dict[str, int]()
    with GzipFile(fileobj=source, mode="rb") as unzipped:
        for text in unzipped:
            line = _DECODER.decode(text)
            if end is not None:
                raise BackupError(_DAMAGED)
            if isinstance(line, End):
                # Not yielded yet: the sum that gzip itself keeps is compared behind the last byte.
                end = line
                continue
            digest.update(text)
            table = _counted(rows, table, line)
            yield line
    if end is None or (end.sha256, end.rows) != (digest.hexdigest(), rows):
        raise BackupError(_DAMAGED)
    yield end


def _counted(rows: dict[str, int], table: str, line: Line) -> str:
    """Count a row of the table that has begun, and return which one that is behind this line."""
    if isinstance(line, TableStart):
        rows.setdefault(line.name, 0)
        return line.name
    if isinstance(line, list):
        rows[table] = rows.get(table, 0) + 1
    return table
