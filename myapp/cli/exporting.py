"""`myapp export`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import click
from sqlalchemy import Executable
from sqlalchemy.orm import Session

from myapp.cli import bar
from myapp.cli.configuration import config_option, database
from myapp.cli.files import in_place
from myapp.db import Mode, in_chunks
from myapp.interchange.exporting import FORMATS
from myapp.ledger.books import open_book
from myapp.ledger.dialects import is_postgresql
from myapp.ledger.journal_rows import JournalRows

# Rows in memory at a time, of each result.
_CHUNK_ROWS = 500


@click.command()
@click.option("--ledger", required=True, help="The ledger's name.")
@click.option("--format", "format_name", required=True, type=click.Choice(list(FORMATS)), help="The format.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file to write; without it, standard output.",
)
@config_option
def export(ledger: str, format_name: str, output: Path | None, ini: Path) -> None:
    """Write the books as a journal, as they are at one moment; the file is there whole or not at all."""
    with database(ini, mode=Mode.READ) as session:
        books = _books(session, ledger)
        with bar.shown("Exporting") as watched, _written(output) as file:
            for chunk in in_chunks(FORMATS[format_name].write(_watched(books, watched))):
                file.write(chunk)


def _books(session: Session, ledger: str) -> JournalRows:
    def rows(statement: Executable) -> Iterator[Any]:
        yield from session.execute(statement, execution_options={"yield_per": _CHUNK_ROWS})

    return JournalRows(rows, open_book(session, ledger).id, is_postgresql(session), datetime.now(UTC))


def _watched(books: JournalRows, watched: bar.Bar) -> JournalRows:
    if not watched.is_watched:
        return books
    watched.start("Exporting", books.transaction_count())
    return replace(books, on_transaction=watched.advance)


@contextmanager
def _written(output: Path | None) -> Iterator[BinaryIO]:
    if output is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    elif output.exists() and not output.is_file():
        # A device or a pipe is written to; a file put in its place would be in everybody's way.
        with output.open("wb") as file:
            yield file
    else:
        with in_place(output.resolve()) as file:
            yield file
