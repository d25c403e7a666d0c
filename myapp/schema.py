"""The schema's version: migrate to the newest, and refuse to serve any other."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from pyramid.config import Configurator
from pyramid.exceptions import ConfigurationError
from sqlalchemy import Connection, Engine, column, inspect, select, table
from sqlalchemy.exc import SQLAlchemyError

from myapp.db import make_engine, read_only, unhurried

# The migrations stand beside the package in the checkout.
_SCRIPTS = Path(__file__).resolve().parents[1] / "alembic"
# Where a migration says what it is called, and which one it follows.
_NAMED = re.compile(r"""^(down_)?revision = ["'](\w+)["']$""", re.MULTILINE)
_OF_OTHERS = "a newer myapp has migrated it, or it is another program's database."
# Where Alembic keeps the database's revision.
_VERSION = table("alembic_version", column("version_num"))


def includeme(config: Configurator) -> None:
    """Make `/readyz` ask for the schema."""
    config.add_readiness_check("schema", is_current)


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the database to a revision, the newest by default, in one transaction.

    Raises:
        ConfigurationError: a newer version of the program has migrated it, or another program; or it is not
            in UTF-8.
    """
    _run("upgrade", url, revision)


def downgrade(url: str, revision: str) -> None:
    """Bring the database back to a revision; `base` is empty."""
    _run("downgrade", url, revision)


def is_current(connection: Connection) -> bool:
    """Tell whether the database has exactly the newest revision."""
    return _revisions(connection) == _newest()


def revision_of(connection: Connection) -> str:
    """Return the database's revision; nothing where it was never migrated."""
    return " ".join(sorted(_revisions(connection)))


def _revisions(connection: Connection) -> frozenset[str]:
    # Alembic is asked for nothing that is only read: every command and every server begins with this
    # question, and importing Alembic is a tenth of what a command takes to begin.
    if not inspect(connection).has_table(_VERSION.name):
        return frozenset()
    return frozenset(connection.scalars(select(_VERSION.c.version_num)))


@cache
def _newest() -> frozenset[str]:
    return frozenset(_named()) - frozenset(_named().values())


@cache
def _named() -> dict[str, str | None]:
    """Return the migrations, each with the one that it follows."""
    # The scripts are read once, because every question of /readyz comes here.
    scripts = [path.read_text("utf-8") for path in (_SCRIPTS / "versions").glob("*.py")]
    names = [dict(_NAMED.findall(script)) for script in scripts]
    return {each[""]: each.get("down_") for each in names if "" in each}


def require_current(engine: Engine, ini: str | None) -> None:
    """Return when the schema is the newest.

    Raises:
        SystemExit: it is not, or the database cannot be reached; one line says what to do.
    """
    shown = _as_typed(ini) if ini else "development.ini"
    try:
        with engine.connect() as connection:  # lifecycle: At start there is no request yet.
            wrong = mismatch(read_only(connection), shown)
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise SystemExit(f"The database cannot be reached: {reason}") from None
    if wrong is not None:
        # Nobody else will give the connection back: the application that owns the engine is never made.
        engine.dispose()
        raise SystemExit(wrong)


def _as_typed(ini: str) -> str:
    # From the folder of the file its name does; from another one the command needs the way to it.
    path = Path(ini)
    return path.name if path.parent.resolve() == Path.cwd() else ini


def mismatch(connection: Connection, ini: str) -> str | None:
    """Return the line that says what to do about the database's revision; None where it is the newest."""
    if (unfit := _unfit(connection)) is not None:
        return unfit
    found = _revisions(connection)
    if found == _newest():
        return None
    return _unknown(found) or f"The database's schema is not the newest; run: myapp migrate -c {ini}"


def _unfit(connection: Connection) -> str | None:
    if connection.dialect.name == "postgresql":
        encoding = connection.exec_driver_sql("SHOW server_encoding").scalar_one()
        if encoding != "UTF8":
            return f"The database's encoding is {encoding}, which has not every letter; it must be UTF8."
    return None


def _unknown(found: frozenset[str]) -> str | None:
    names = ", ".join(sorted(found - _named().keys()))
    return f"This myapp does not know the database's revision {names}: {_OF_OTHERS}" if names else None


def _run(step: str, url: str, revision: str) -> None:
    # Not above, as said where the revision is read.
    from alembic.config import Config

    from alembic import command

    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    engine = make_engine(unhurried(url))
    try:
        with engine.connect() as connection:  # lifecycle: Alembic begins its own transaction.
            refused = _unfit(read_only(connection)) or _unknown(_revisions(connection))
            if refused is not None:
                raise ConfigurationError(refused)
        with engine.connect() as connection:  # lifecycle: A migration is no request.
            config.attributes["connection"] = connection
            getattr(command, step)(config, revision)
    finally:
        engine.dispose()
