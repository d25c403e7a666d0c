"""`myapp demo`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from myapp.cli.configuration import config_option, database
from myapp.interchange.demo import demo_journal
from myapp.interchange.importing import ImportOptions, import_journal, read_journal
from myapp.interchange.readers import READERS
from myapp.ledger import ledgers
from myapp.ledger.errors import LedgerExists

LEDGER = "demo"


@click.command()
@config_option
def demo(ini: Path) -> None:
    """Load the demo books into the ledger `demo`, if there is no such ledger."""
    now = datetime.now(UTC)
    with database(ini) as session:
        try:
            ledgers.create(session, LEDGER, now=now, description="Three years of a household's books")
        except LedgerExists:
            return
        journal = read_journal(READERS["beancount"], demo_journal())
        summary = import_journal(session, LEDGER, journal, ImportOptions(), now=now, actor="demo")
    click.echo(f"Loaded {summary.transactions} transactions into the ledger {LEDGER!r}.")
