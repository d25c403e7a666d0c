"""`myapp backup` and `myapp restore`."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import click

from myapp.cli import bar
from myapp.cli.configuration import config_option, database
from myapp.cli.files import in_place
from myapp.cli.verify import sentence
from myapp.db import Mode
from myapp.ledger import backup as backups
from myapp.schema import revision_of
from myapp.security import keys  # noqa: F401 - its table belongs to the metadata

# The books of everyone, and the digests of their keys.
_OWNER_ALONE = 0o600


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@config_option
def backup(file: Path, ini: Path) -> None:
    """Write everything in the database, as it is at one moment, into a new FILE, for `myapp restore`."""
    _require_new(file)
    with (
        database(ini, mode=Mode.READ) as session,
        bar.shown("Backing up") as watched,
        in_place(file, mode=_OWNER_ALONE) as out,
    ):
        if watched.is_watched:
            watched.start("Backing up", backups.count_rows(session))
        end = backups.take(
            session,
            out,
            schema=revision_of(session.connection()),
            application=version("myapp"),
            now=datetime.now(UTC),
            progress=watched.advance,
        )
        # Whoever made a file of this name meanwhile keeps it.
        _require_new(file)
    click.echo(f"Backed up {_told(end)}.")


def _require_new(file: Path) -> None:
    if os.path.lexists(file):
        raise FileExistsError(f"There is a file {file} already, and a backup takes the place of none.")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Delete everything that is in the database first.")
@config_option
def restore(file: Path, *, force: bool, ini: Path) -> None:
    """Put a backup FILE into an empty database, all of it or nothing, and verify the books."""
    with file.open("rb") as source, bar.shown("Checking") as watched:
        # Before anybody is kept from writing, and before the first row.
        header, end = backups.check(source)
        source.seek(0)
        with database(ini) as session:
            watched.start("Restoring", end.row_count)
            schema = revision_of(session.connection())
            try:
                backups.restore(session, source, schema=schema, force=force, progress=watched.advance)
            except backups.WrongBooks as wrong:
                raise click.ClickException(
                    f"The books in the backup are wrong, and nothing was restored: {wrong.owner}: "
                    f"{sentence(wrong.problem)}"
                ) from wrong
    taken = header.taken_at.strftime("%Y-%m-%d %H:%M:%S UTC")
    click.echo(f"Restored {_told(end)}, as of {taken}; the books are verified.")


def _told(end: backups.End) -> str:
    return f"{end.rows['txn']} transactions of {end.rows['ledger']} ledgers, {end.row_count} rows in all"
