"""`myapp migrate`, and the questions about the schema that others ask."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from alembic import command
from myapp.db import DbSettings, make_engine

# The migrations stand beside the package in the checkout.
_SCRIPTS = Path(__file__).resolve().parents[2] / "alembic"


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the database to a revision, the newest by default, in one transaction."""
    _run(url, lambda config: command.upgrade(config, revision))


def downgrade(url: str, revision: str) -> None:
    """Bring the database back to a revision; `base` is empty."""
    _run(url, lambda config: command.downgrade(config, revision))


def is_current(connection: Connection) -> bool:
    """Tell whether the database has exactly the newest revision."""
    heads = MigrationContext.configure(connection).get_current_heads()
    return set(heads) == set(ScriptDirectory.from_config(_config()).get_heads())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    return config


def _run(url: str, step: Callable[[Config], None]) -> None:
    engine = make_engine(DbSettings(engine_options={"url": url}))
    try:
        with engine.connect() as connection:
            config = _config()
            config.attributes["connection"] = connection
            step(config)
    finally:
        engine.dispose()
