"""The settings of the request session: `sqlalchemy.*` for the engine, `db.*` for the contract."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pyramid.exceptions import ConfigurationError
from pyramid.settings import asbool, falsey, truthy
from sqlalchemy import Engine


@dataclass(frozen=True, slots=True)
class DbSettings:
    """What `config.include("myapp.db")` reads; every default has its reason beside it."""

    # The engine's own settings, without their prefix; `url` is the one that must be there.
    engine_options: Mapping[str, Any] = field(default_factory=dict)
    # An engine handed in by the application takes the place of the URL.
    engine: Engine | None = None
    # Five attempts with full jitter get through the conflicts of a busy hour; more only add load.
    retry_attempts: int = 5
    # A statement that runs longer than any client waits only holds locks for nobody.
    statement_timeout_s: float = 30.0
    # Shorter than the statement timeout, so a queue on one row is told apart from a slow query.
    lock_timeout_s: float = 5.0
    # A transaction that nobody works in for this long belongs to a dead process.
    idle_timeout_s: float = 60.0
    # A response header with what the request cost: for development, it tells strangers too much.
    report_header: bool = False


# The longest that is allowed, less than a day.
_UNHURRIED_S = 86_000.0


def unhurried(url: str) -> DbSettings:
    """Return the settings for work that only its caller waits for: a migration, an export read slowly.

    A statement may take its time, and so may the caller between two of them; locks are waited for as ever.
    """
    return DbSettings({"url": url}, statement_timeout_s=_UNHURRIED_S, idle_timeout_s=_UNHURRIED_S)


_LIMITS: Mapping[str, Callable[[str], Any]] = {
    "retry_attempts": int,
    "statement_timeout_s": float,
    "lock_timeout_s": float,
    "idle_timeout_s": float,
}


def from_settings(settings: Mapping[str, Any]) -> DbSettings:
    """Read the settings of the deployment.

    Raises:
        ConfigurationError: a `db.` key is unknown or unreadable, or the database is not named.
    """
    engine = settings.get("db.engine")
    if engine is not None and not isinstance(engine, Engine):
        raise ConfigurationError(f"The setting db.engine must be an engine of SQLAlchemy's, not {engine!r}.")
    options = {key.removeprefix("sqlalchemy."): value for key, value in _section(settings, "sqlalchemy.")}
    if engine is None and "url" not in options:
        raise ConfigurationError("The setting sqlalchemy.url (or an engine as db.engine) is missing.")
    return DbSettings(engine_options=options, engine=engine, **_read_own(settings))


def _section(settings: Mapping[str, Any], prefix: str) -> list[tuple[str, Any]]:
    return [(key, value) for key, value in settings.items() if key.startswith(prefix)]


def _read_own(settings: Mapping[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key, value in _section(settings, "db."):
        name = key.removeprefix("db.")
        if name in _LIMITS:
            values[name] = _read_limit(key, value, _LIMITS[name])
        elif name == "report_header":
            values[name] = _read_flag(key, value)
        elif name != "engine":
            known = ", ".join(f"db.{each}" for each in ("engine", "report_header", *_LIMITS))
            raise ConfigurationError(f"Unknown setting {key}; known are: {known}.")
    return values


def _read_flag(key: str, value: Any) -> bool:
    if str(value).strip().lower() not in truthy | falsey:
        raise ConfigurationError(f"The setting {key} must be true or false, not {value!r}.")
    return bool(asbool(value))


def _read_limit(key: str, value: Any, reader: Callable[[str], Any]) -> Any:
    try:
        number = reader(value)
    except (TypeError, ValueError):
        number = 0
    if not 0 < number < 86_400:
        raise ConfigurationError(f"The setting {key} must be a positive {reader.__name__}, not {value!r}.")
    return number
