"""The schema's version: migrate to the newest, and refuse to serve any other."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from pyramid.config import Configurator
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from alembic import command
from myapp.db import DbSettings, make_engine, read_only

# The migrations stand beside the package in the checkout.
_SCRIPTS = Path(__file__).resolve().parents[1] / "alembic"


def includeme(config: Configurator) -> None:
    """Make `/readyz` ask for the schema."""
    config.add_readiness_check("schema", is_current)


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the database to a revision, the newest by default, in one transaction."""
    _run(url, lambda config: command.upgrade(config, revision))


def downgrade(url: str, revision: str) -> None:
    """Bring the database back to a revision; `base` is empty."""
    _run(url, lambda config: command.downgrade(config, revision))


def is_current(connection: Connection) -> bool:
    """Tell whether the database has exactly the newest revision."""
    heads = MigrationContext.configure(connection).get_current_heads()
    return frozenset(heads) == _newest()


def revision_of(connection: Connection) -> str:
    """Return the database's revision; nothing where it was never migrated."""
    return " ".join(MigrationContext.configure(connection).get_current_heads())


@cache
def _newest() -> frozenset[str]:
    # The scripts are read once, because every question of /readyz comes here.
    return frozenset(ScriptDirectory.from_config(_config()).get_heads())


def require_current(engine: Engine, ini: str | None) -> None:
    """Return when the schema is the newest.

    Raises:
        SystemExit: it is not, or the database cannot be reached; one line says what to do.
    """
    shown = Path(ini).name if ini else "development.ini"
    try:
        with engine.connect() as connection:  # lifecycle: At start there is no request yet.
            current = is_current(read_only(connection))
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise SystemExit(f"The database cannot be reached: {reason}") from None
    if not current:
        # Nobody else will give the connection back: the application that owns the engine is never made.
        engine.dispose()
        raise SystemExit(not_migrated(shown))


def not_migrated(ini: str) -> str:
    """Return the line that says what to do."""
    return f"The database's schema is not the newest; run: myapp migrate -c {ini}"


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    return config


def _run(url: str, step: Callable[[Config], None]) -> None:
    engine = make_engine(DbSettings(engine_options={"url": url}))
    try:
        with engine.connect() as connection:  # lifecycle: A migration is no request.
            config = _config()
            config.attributes["connection"] = connection
            step(config)
    finally:
        engine.dispose()
