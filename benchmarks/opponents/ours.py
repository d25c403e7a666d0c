"""Ours: the same views in an application whose only line about the database is one `include`."""

from __future__ import annotations

from typing import Any

from pyramid.config import Configurator

from benchmarks.opponents import database
from benchmarks.opponents.work import Served, add_views


def serve(url: str, **engine_settings: str) -> Served:
    """Serve the work on the database; `engine_settings` stand for more lines under `sqlalchemy.`."""
    lines = {f"sqlalchemy.{name}": value for name, value in engine_settings.items()}
    with Configurator(settings={"sqlalchemy.url": url, **lines}) as config:
        config.include("myapp.db")
        add_views(config)
        return Served(config.make_wsgi_app(), config.registry["dbsession_factory"].engine)


def main(global_config: object, **settings: str) -> Any:
    """Make the application that `ours.ini` serves, on the database that the environment names."""
    lines = {name.removeprefix("sqlalchemy."): value for name, value in settings.items()}
    return serve(database.url(), **lines).app
