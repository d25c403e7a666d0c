"""A CSV file as rows that know their line: RFC 4180 in UTF-8, read by Python's own csv module."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from myapp.interchange.journal import JournalError


@dataclass(frozen=True, slots=True)
class Row:
    """One row; `line` is the line of the file on which it begins, for a quoted cell may hold several."""

    line: int
    cells: list[str]

    @property
    def where(self) -> str:
        """Return the row's place, for refusals."""
        return f"line {self.line}"


def rows(data: bytes) -> Iterator[Row]:
    """Yield the rows that are not empty, the header among them.

    Raises:
        JournalError: for what is not UTF-8 or not CSV, and for a NUL, which no text may have.
    """
    # Without translation of line ends, which belong to the text where they are quoted.
    reader = csv.reader(io.StringIO(_text(data), newline=""), strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise JournalError(f"this is not CSV: {error}", where=f"line {line}") from error
        if cells:
            yield Row(line, cells)


def _text(data: bytes) -> str:
    """Return the text; spreadsheets put a byte order mark in front."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise JournalError("this is not UTF-8", where=_line_at(data, error.start)) from error
    if (place := data.find(b"\0")) >= 0:
        raise JournalError("there is a NUL", where=_line_at(data, place))
    return text


def _line_at(data: bytes, place: int) -> str:
    # A lone CR ends a line as well, as the csv module counts them.
    return f"line {len((data[:place] + b'.').splitlines())}"
