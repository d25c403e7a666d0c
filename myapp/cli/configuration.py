"""Which ini file a command reads, and which database that means."""

from __future__ import annotations

from pathlib import Path

from plaster import get_settings

from myapp.settings import with_environment

CONFIG_VARIABLE = "MYAPP_CONFIG"
CONFIG_DEFAULT = "development.ini"


def app_settings(ini: Path) -> dict[str, str]:
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
