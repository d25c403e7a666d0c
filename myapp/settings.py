"""The deployment's settings: the ini file and the environment, read once into a frozen value.

`MYAPP_DATABASE_URL` overrides the database everywhere: server, command line, Alembic, pshell.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pyramid.exceptions import ConfigurationError

DATABASE_URL_VARIABLE = "MYAPP_DATABASE_URL"


@dataclass(frozen=True, slots=True)
class Settings:
    """What the ledger service itself reads, under `myapp.`; `myapp.db` reads its own."""

    # "keys" asks everyone for a key; "none" is for loopback addresses.
    auth: str = "keys"
    # A transaction is a few hundred bytes; a mebibyte holds thousands of postings.
    body_bytes_max: int = 1024 * 1024
    # A thousand transactions, with eight kilobytes for each.
    batch_bytes_max: int = 8 * 1024 * 1024
    # A journal of 100,000 transactions as hledger's JSON.
    import_bytes_max: int = 64 * 1024 * 1024
    # How many requests a key may send in a second, and how many at once; 0 is as many as come.
    requests_per_second: int = 0
    requests_at_once: int = 100
    # Whether a browser sends the pages' cookies over https alone.
    cookies_secure: bool = True


def with_environment(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the ini file's settings with the database of the environment, where it names one.

    Raises:
        ConfigurationError: neither of them names a database.
    """
    merged = dict(settings)
    if url := os.environ.get(DATABASE_URL_VARIABLE):
        merged["sqlalchemy.url"] = url
    if not merged.get("sqlalchemy.url") and merged.get("db.engine") is None:
        raise ConfigurationError(
            f"No database: set {DATABASE_URL_VARIABLE}, or sqlalchemy.url in the ini file."
        )
    return merged


def from_settings(settings: Mapping[str, Any]) -> Settings:
    """Read the `myapp.` settings.

    Raises:
        ConfigurationError: a key is unknown, or its value cannot be read.
    """
    values = {}
    for key, value in settings.items():
        if key.startswith("myapp."):
            values[key.removeprefix("myapp.")] = _read(key, value)
    return Settings(**values)


def _read(key: str, value: Any) -> Any:
    reader = _READERS.get(key.removeprefix("myapp."))
    if reader is None:
        raise ConfigurationError(f"Unknown setting {key}; known are: myapp.{', myapp.'.join(_READERS)}.")
    try:
        return reader(value)
    except ValueError as error:
        raise ConfigurationError(f"The setting {key} cannot be {value!r}: {error}.") from error


def _auth(value: str) -> str:
    if value not in ("none", "keys"):
        raise ValueError("it is none or keys")
    return value


def _positive(value: str) -> int:
    if (number := int(value)) <= 0:
        raise ValueError("it must be positive")
    return number


def _not_negative(value: str) -> int:
    if (number := int(value)) < 0:
        raise ValueError("it must not be negative")
    return number


def _flag(value: str) -> bool:
    if value not in ("true", "false"):
        raise ValueError("it is true or false")
    return value == "true"


_READERS: Mapping[str, Callable[[str], Any]] = {
    "auth": _auth,
    "body_bytes_max": _positive,
    "batch_bytes_max": _positive,
    "import_bytes_max": _positive,
    "requests_per_second": _not_negative,
    "requests_at_once": _positive,
    "cookies_secure": _flag,
}
