"""The `myapp` command: one group, one file a command."""

from __future__ import annotations

import sys

import click
from pyramid.exceptions import ConfigurationError
from sqlalchemy.exc import SQLAlchemyError

from myapp.cli import backup, demo, exporting, importing, keys, migrate, verify
from myapp.interchange.journal import JournalError
from myapp.ledger.backup import BackupError
from myapp.ledger.errors import LedgerError


@click.group()
def myapp() -> None:
    """Keep books: migrate the database, load and write journals, back up and restore, manage keys, verify."""


myapp.add_command(migrate.migrate)
myapp.add_command(demo.demo)
myapp.add_command(importing.import_file)
myapp.add_command(exporting.export)
myapp.add_command(backup.backup)
myapp.add_command(backup.restore)
myapp.add_command(keys.key)
myapp.add_command(verify.verify)


def main() -> None:
    """Run the command: exit 0, or non-zero with one line on standard error."""
    try:
        # Not standalone: click would tell a wrong option in four lines.
        sys.exit(myapp(prog_name="myapp", standalone_mode=False))
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        sys.exit(error.exit_code)
    except click.ClickException as error:
        _fail(error.format_message())
    except click.Abort:
        _fail("interrupted")
    except (LedgerError, JournalError, BackupError, ConfigurationError, OSError) as error:
        _fail(str(error))
    except SQLAlchemyError as error:
        _fail(str(getattr(error, "orig", None) or error))


def _fail(message: str) -> None:
    click.echo(f"myapp: {' '.join(message.split())}", err=True)
    sys.exit(1)
