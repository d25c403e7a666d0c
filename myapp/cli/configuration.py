"""Which ini file a command reads, and which database that means."""

from __future__ import annotations

import configparser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click
from plaster import get_settings
from plaster.exceptions import PlasterError
from pyramid.exceptions import ConfigurationError
from sqlalchemy.orm import Session

from myapp.db import Mode, throwaway
from myapp.schema import mismatch
from myapp.settings import with_environment

CONFIG_VARIABLE = "MYAPP_CONFIG"
CONFIG_DEFAULT = "development.ini"

Command = TypeVar("Command", bound=Callable[..., Any])


def config_option(command: Command) -> Command:
    """Give a command `-c`."""
    option = click.option(
        "-c",
        "--config",
        "ini",
        type=click.Path(path_type=Path, dir_okay=False),
        envvar=CONFIG_VARIABLE,
        default=CONFIG_DEFAULT,
        show_default=True,
        help="The ini file.",
    )
    return option(command)


def app_settings(ini: Path) -> dict[str, Any]:
    """Return the settings of the ini file's application, the environment's database included.

    Raises:
        FileNotFoundError: there is no such file.
        ConfigurationError: it cannot be read, or no database is named.
    """
    if not ini.is_file():
        raise FileNotFoundError(f"There is no file {ini}; name the ini file with -c or {CONFIG_VARIABLE}.")
    try:
        settings = get_settings(str(ini), "app:main")
    except (configparser.Error, PlasterError, UnicodeError) as error:
        raise ConfigurationError(f"{ini} is no ini file that can be read: {error}") from error
    return with_environment(settings)


def database_url(ini: Path) -> str:
    """Return the URL of the database that the ini file, or the environment, names."""
    return str(app_settings(ini)["sqlalchemy.url"])


@contextmanager
def database(ini: Path, *, mode: Mode = Mode.WRITE) -> Iterator[Session]:
    """Yield a session on the ini file's database: committed at the end, aborted on an error.

    Raises:
        ConfigurationError: the database is not migrated, or by a newer version of the program.
    """
    with throwaway(database_url(ini), mode=mode) as session:
        if (wrong := mismatch(session.connection(), ini.name)) is not None:
            raise ConfigurationError(wrong)
        yield session
