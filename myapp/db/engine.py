"""Make the engine and attach every guard to it: the one place where an engine is configured."""

from __future__ import annotations

import atexit

from pyramid.exceptions import ConfigurationError
from sqlalchemy import Engine, engine_from_config
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.util import asbool

from myapp.db import checkin, commit, connection, failures, forking, statements
from myapp.db.dialects import dialect_of
from myapp.db.settings import DbSettings

# SQLAlchemy reads these from an ini file as they stand, and the text "false" is true.
_BOOLEANS = frozenset({"pool_pre_ping", "pool_use_lifo", "hide_parameters", "skip_autocommit_rollback"})
_NUMBERS = frozenset({"query_cache_size", "label_length", "max_identifier_length"})
# And these are objects of Python, which no ini file can name.
_OBJECTS = frozenset(
    {"connect_args", "creator", "dialect", "execution_options", "module", "pool", "poolclass"}
)


def make_engine(settings: DbSettings) -> Engine:
    """Return a guarded engine: the one handed in, or a new one for `sqlalchemy.url`.

    Raises:
        ConfigurationError: a setting of the engine is unknown or unreadable, its driver is not installed,
            or it is for a database other than the two we keep.
    """
    try:
        engine = settings.engine or _create(settings)
        dialect = dialect_of(engine.dialect.name)
    except (ArgumentError, ImportError, TypeError, ValueError) as error:
        raise ConfigurationError(f"The settings under sqlalchemy. make no engine: {error}") from error
    dialect.listen(engine)
    failures.listen(engine)
    commit.listen(engine)
    connection.install(engine)
    statements.listen(engine)
    checkin.listen(engine)
    forking.listen(engine)
    # SQLite folds its log into the file when the last connection is closed, and not when its process ends:
    # who copied the file of a service that was stopped would miss what the log has.
    atexit.register(forking.of_living(engine, Engine.dispose))
    return engine


def _create(settings: DbSettings) -> Engine:
    url = make_url(settings.engine_options["url"])
    defaults = dialect_of(url.get_backend_name()).engine_options(url, settings)
    # What a statement was sent with is somebody's data, and an error's words end in the log.
    defaults["hide_parameters"] = True
    options = {**settings.engine_options}
    if str(options.get("isolation_level")).upper() == "AUTOCOMMIT":
        raise ArgumentError("isolation_level = AUTOCOMMIT: nothing could be undone.")
    if int(options.get("pool_size", 1)) < 0:
        raise ArgumentError(f"pool_size = {options['pool_size']}: a pool has no fewer than no connections.")
    for name in _BOOLEANS & options.keys():
        options[name] = asbool(options[name])
    for name in _NUMBERS & options.keys():
        options[name] = int(options[name])
    for name in _OBJECTS & options.keys():
        if isinstance(options[name], str):
            raise ArgumentError(f"{name} = {options[name]}: this takes an object, which a text cannot name.")
    return engine_from_config(options, prefix="", **_unless_given(defaults, settings))


def _unless_given(defaults: dict[str, object], settings: DbSettings) -> dict[str, object]:
    # The deployment's own word wins over our default.
    return {key: value for key, value in defaults.items() if key not in settings.engine_options}
