"""`myapp import`."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec
from sqlalchemy.orm import Session

from myapp.cli import bar
from myapp.cli.configuration import config_option, database
from myapp.interchange.importing import (
    ImportOptions,
    ImportSummary,
    Progress,
    import_journal,
    read_journal,
)
from myapp.interchange.journal import Journal, ReadOptions
from myapp.interchange.readers import READERS, format_of
from myapp.ledger import ledgers, rules
from myapp.ledger.books import open_book
from myapp.ledger.errors import IdempotencyKeyReused, InvalidRequest, LedgerNotFound
from myapp.ledger.idempotency import claim, complete
from myapp.ledger.ids import new_id
from myapp.ledger.posting import Key
from myapp.ledger.savepoints import savepoint


def _columns(context: click.Context, option: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    columns: dict[str, str] = {}
    for text in given:
        column, equals, header = text.partition("=")
        if not equals:
            raise click.BadParameter(f"{text!r} is not COLUMN=HEADER.")
        if columns.setdefault(column, header) != header:
            raise click.BadParameter(f"{column!r} is mapped twice.")
    return columns


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--ledger", required=True, help="The ledger's name; it is made if there is none.")
@click.option("--format", "format_name", type=click.Choice(list(READERS)), help="Told by the file's name.")
@click.option("--default-type", type=click.Choice(rules.ACCOUNT_TYPES), help="For accounts that tell none.")
@click.option("--default-asset", help="For amounts without a commodity.")
@click.option(
    "--map",
    "columns",
    multiple=True,
    metavar="COLUMN=HEADER",
    callback=_columns,
    help="A CSV file's own header for a column; may be repeated.",
)
@click.option("--account", help="For a bank statement in CSV: the account that positive amounts go into.")
@click.option("--counter-account", help="For a bank statement in CSV: the other account of each row.")
@click.option("--dry-run", is_flag=True, help="Do all of it, and keep nothing.")
@click.option("--again", is_flag=True, help="Import a file a second time.")
@config_option
def import_file(
    file: Path,
    ledger: str,
    format_name: str | None,
    default_type: str | None,
    default_asset: str | None,
    columns: dict[str, str],
    account: str | None,
    counter_account: str | None,
    *,
    dry_run: bool,
    again: bool,
    ini: Path,
) -> None:
    """Import a journal FILE, whole or not at all; the same file twice is one import."""
    name = format_name or _format_of(file)
    reading = ReadOptions(default_asset, columns, account, counter_account)
    options = ImportOptions(default_type, dry_run)
    with bar.shown("Reading") as watched:
        data = file.read_bytes()
        journal = read_journal(READERS[name], data, reading)
        key = _key(data, [name, msgspec.to_builtins(reading), default_type], again=again)
        with database(ini) as session:
            watched.start("Writing", len(journal.records))
            summary, repeated = _import(session, ledger, journal, options, key, watched.reach)
    click.echo(_sentence(summary, repeated=repeated, dry_run=dry_run))


def _format_of(file: Path) -> str:
    try:
        return format_of(file.name)
    except InvalidRequest as error:
        raise click.ClickException(f"{error} Say it by --format.") from error


def _import(
    session: Session, ledger: str, journal: Journal, options: ImportOptions, key: Key, on_progress: Progress
) -> tuple[ImportSummary, bool]:
    now = datetime.now(UTC)
    with savepoint(session, keep=not options.dry_run):
        scope = _scope(session, ledger, now)
        remembered = _claim(session, scope, key, now)
        if remembered is not None:
            return remembered, True
        summary = import_journal(
            session, ledger, journal, options, now=now, actor="cli", on_progress=on_progress
        )
        complete(session, scope, key, status=201, answer=msgspec.to_builtins(summary))
    return summary, False


def _scope(session: Session, ledger: str, now: datetime) -> int:
    try:
        return open_book(session, ledger).id
    except LedgerNotFound:
        ledgers.create(session, ledger, now=now)
        return open_book(session, ledger).id


def _claim(session: Session, scope: int, key: Key, now: datetime) -> ImportSummary | None:
    try:
        remembered = claim(session, scope, key, now=now)
    except IdempotencyKeyReused as error:
        raise IdempotencyKeyReused(
            "This file was imported before, with other options; --again imports it once more."
        ) from error
    return None if remembered is None else msgspec.convert(remembered.answer, ImportSummary)


def _key(data: bytes, options: list[object], *, again: bool) -> Key:
    """Return the file's digest as the key: read in another way, it is another request with the same key."""
    digest = hashlib.sha256(data)
    key = f"import-{digest.hexdigest()}" + (f"-{new_id()}" if again else "")
    digest.update(json.dumps(options, sort_keys=True).encode())
    return Key(key, digest.hexdigest())


def _sentence(summary: ImportSummary, *, repeated: bool, dry_run: bool) -> str:
    verb = "Would import" if dry_run else "Imported"
    if repeated:
        verb = "Nothing to do, this file was imported before:"
    return (
        f"{verb} {summary.transactions} transactions, {summary.accounts} new accounts, "
        f"{summary.assets} new assets; {summary.skipped} skipped."
    )
