"""`myapp import`."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec
from sqlalchemy.orm import Session

from myapp.cli.configuration import config_option, database
from myapp.interchange.importing import ImportOptions, ImportSummary, import_journal, read_journal
from myapp.interchange.journal import Journal
from myapp.interchange.readers import READERS
from myapp.ledger import ledgers, rules
from myapp.ledger.errors import InvalidRequest, LedgerNotFound
from myapp.ledger.idempotency import claim, complete
from myapp.ledger.ids import new_id
from myapp.ledger.posting import Key
from myapp.ledger.savepoints import savepoint

_FORMATS = {".json": "hledger-json", ".beancount": "beancount", ".bean": "beancount"}


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--ledger", required=True, help="The ledger's name; it is made if there is none.")
@click.option("--format", "format_name", type=click.Choice(list(READERS)), help="Told by the file's name.")
@click.option("--default-type", type=click.Choice(rules.ACCOUNT_TYPES), help="For accounts that tell none.")
@click.option("--default-asset", help="For amounts without a commodity.")
@click.option("--dry-run", is_flag=True, help="Do all of it, and keep nothing.")
@click.option("--again", is_flag=True, help="Import a file a second time.")
@config_option
def import_file(
    file: Path,
    ledger: str,
    format_name: str | None,
    default_type: str | None,
    default_asset: str | None,
    *,
    dry_run: bool,
    again: bool,
    ini: Path,
) -> None:
    """Import a journal FILE, whole or not at all; the same file twice is one import."""
    name = format_name or _FORMATS.get(file.suffix)
    if name is None:
        raise InvalidRequest(f"The name {file.name} tells no format: say --format.")
    data = file.read_bytes()
    journal = read_journal(READERS[name], data, default_asset)
    with database(ini) as session:
        summary, repeated = _import(
            session, ledger, journal, ImportOptions(default_type, dry_run), _key(data, again=again)
        )
    click.echo(_sentence(summary, repeated=repeated, dry_run=dry_run))


def _import(
    session: Session, ledger: str, journal: Journal, options: ImportOptions, key: Key
) -> tuple[ImportSummary, bool]:
    now = datetime.now(UTC)
    with savepoint(session, keep=not options.dry_run):
        scope = _scope(session, ledger, now)
        remembered = claim(session, scope, key, now=now)
        if remembered is not None:
            return msgspec.convert(remembered.answer, ImportSummary), True
        summary = import_journal(session, ledger, journal, options, now=now, actor="cli")
        complete(session, scope, key, status=201, answer=msgspec.to_builtins(summary))
    return summary, False


def _scope(session: Session, ledger: str, now: datetime) -> int:
    try:
        return ledgers.open_book(session, ledger).id
    except LedgerNotFound:
        ledgers.create(session, ledger, now=now)
        return ledgers.open_book(session, ledger).id


def _key(data: bytes, *, again: bool) -> Key:
    digest = hashlib.sha256(data).hexdigest()
    return Key(f"import-{digest}" + (f"-{new_id()}" if again else ""), digest)


def _sentence(summary: ImportSummary, *, repeated: bool, dry_run: bool) -> str:
    verb = "Would import" if dry_run else "Imported"
    if repeated:
        verb = "Nothing to do, this file was imported before:"
    return (
        f"{verb} {summary.transactions} transactions, {summary.accounts} new accounts, "
        f"{summary.assets} new assets; {summary.skipped} skipped."
    )
