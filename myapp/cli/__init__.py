"""The `myapp` command: one group, one file a command.

A command is imported when it is asked for: all of them together take twice as long as most of them work.
"""

from __future__ import annotations

import logging
import signal
import sys
from collections.abc import Mapping
from importlib import import_module
from types import FrameType, MappingProxyType

import click

from myapp.interchange.collector import collector_paused

# The module of each command, and its name there.
_COMMANDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "migrate": ("migrate", "migrate"),
        "demo": ("demo", "demo"),
        "import": ("importing", "import_file"),
        "export": ("exporting", "export"),
        "backup": ("backup", "backup"),
        "restore": ("backup", "restore"),
        "key": ("keys", "key"),
        "verify": ("verify", "verify"),
    }
)


class Commands(click.Group):
    """The group, which finds each command in its module."""

    def list_commands(self, context: click.Context) -> list[str]:
        """Return the commands' names, sorted, as click lists them."""
        return sorted(_COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """Return a command; None where there is none of that name."""
        if name not in _COMMANDS:
            return None
        module, attribute = _COMMANDS[name]
        # What is imported stays: the collector finds nothing, again and again, and took a sixth of the time.
        with collector_paused():
            command: click.Command = getattr(import_module(f"myapp.cli.{module}"), attribute)
        # By default the signal kills the process, and half a file stays behind that nobody else would delete.
        # Before this there is none, and an import may lose what the signal raises in it.
        signal.signal(signal.SIGTERM, _end)
        return command


@click.group(cls=Commands)
def myapp() -> None:
    """Keep books: migrate the database, load and write journals, back up and restore, manage keys, verify."""


def main() -> None:
    """Run the command: exit 0, or non-zero with one line on standard error."""
    # Otherwise Python itself prints what a library warns of: psycopg tells host and user of a connection that
    # it gives up, beside the line that says why.
    logging.basicConfig(handlers=[logging.NullHandler()])
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
    except Exception as error:
        # Whoever raised it has imported what this takes.
        from myapp.cli.refusals import told

        sentence = told(error)
        if sentence is None:
            raise
        _fail(sentence)


def _end(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)


def _fail(message: str) -> None:
    click.echo(f"myapp: {' '.join(message.split())}", err=True)
    sys.exit(1)
