"""`myapp migrate`."""

from __future__ import annotations

from pathlib import Path

import click

from myapp.cli.configuration import config_option, database_url
from myapp.schema import upgrade


@click.command()
@config_option
def migrate(ini: Path) -> None:
    """Bring the database to the newest schema."""
    upgrade(database_url(ini))
