"""`myapp export`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import click
from sqlalchemy import Executable
from sqlalchemy.orm import Session

from myapp.cli.configuration import config_option, database
from myapp.db import Mode, in_chunks
from myapp.interchange.exporting import FORMATS
from myapp.ledger.dialects import is_postgresql
from myapp.ledger.journal_rows import JournalRows, Progress
from myapp.ledger.ledgers import open_book

# A book may be long, and nobody but the caller waits for it.
_STATEMENT_TIMEOUT_S = 86_000.0
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
    with database(ini, mode=Mode.READ, statement_timeout_s=_STATEMENT_TIMEOUT_S) as session:
        books = _books(session, ledger)
        with _progress() as progress, _written(output) as file:
            watched = replace(books, on_transaction=progress(books))
            for chunk in in_chunks(FORMATS[format_name].write(watched)):
                file.write(chunk)


def _books(session: Session, ledger: str) -> JournalRows:
    def rows(statement: Executable) -> Iterator[Any]:
        yield from session.execute(statement, execution_options={"yield_per": _CHUNK_ROWS})

    return JournalRows(rows, open_book(session, ledger).id, is_postgresql(session))


@contextmanager
def _progress() -> Iterator[Callable[[JournalRows], Progress | None]]:
    """Show a bar on standard error, which may be a terminal while standard output is a file."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    # It takes a tenth of a second to import, which nobody needs to wait for who sees no bar.
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("Exporting"), BarColumn(), MofNCompleteColumn())
    with Bar(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=None)

        def watch(books: JournalRows) -> Progress:
            bar.update(task, total=books.transaction_count())
            return lambda: bar.advance(task)

        yield watch


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
        with _in_place(output.resolve()) as file:
            yield file


@contextmanager
def _in_place(target: Path) -> Iterator[BinaryIO]:
    """Write beside the target and rename at the end, so that half a file never has its name."""
    part = target.with_name(f".{target.name[:200]}.{os.getpid()}.part")
    try:
        with part.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
