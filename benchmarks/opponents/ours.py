"""Ours: the same views in an application whose only line about the database is one `include`."""

from __future__ import annotations

from pyramid.config import Configurator

from benchmarks.opponents.work import Served, add_views


def serve(url: str, **engine_settings: str) -> Served:
    """Serve the work on the database; `engine_settings` stand for more lines under `sqlalchemy.`."""
    lines = {f"sqlalchemy.{name}": value for name, value in engine_settings.items()}
    with Configurator(settings={"sqlalchemy.url": url, **lines}) as config:
        config.include("myapp.db")
        add_views(config)
        return Served(config.make_wsgi_app(), config.registry["dbsession_factory"].engine)
