"""Which ini file a command reads, and which database that means."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click
from plaster import get_settings
from pyramid.exceptions import ConfigurationError
from sqlalchemy.orm import Session

from myapp.db import Mode, throwaway
from myapp.schema import is_current, not_migrated
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
        ConfigurationError: no database is named.
    """
    if not ini.is_file():
        raise FileNotFoundError(f"There is no file {ini}; name the ini file with -c or {CONFIG_VARIABLE}.")
    return with_environment(get_settings(str(ini), "app:main"))


def database_url(ini: Path) -> str:
    """Return the URL of the database that the ini file, or the environment, names."""
    return str(app_settings(ini)["sqlalchemy.url"])


@contextmanager
def database(ini: Path, *, mode: Mode = Mode.WRITE, **limits: Any) -> Iterator[Session]:
    """Yield a session on the ini file's database: committed at the end, aborted on an error.

    `limits` are those of `DbSettings`, for work that takes longer than a request.

    Raises:
        ConfigurationError: the database is not migrated.
    """
    with throwaway(database_url(ini), mode=mode, **limits) as session:
        if not is_current(session.connection()):
            raise ConfigurationError(not_migrated(ini.name))
        yield session
