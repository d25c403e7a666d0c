"""Ours: the same views in an application whose only line about the database is one `include`."""

from __future__ import annotations

from typing import Any

from pyramid.config import Configurator
from pyramid.request import Request
from sqlalchemy import insert

from benchmarks.opponents import database
from benchmarks.opponents.work import Served, add_note, add_views
from benchmarks.strategies.model import Note

_ADD = insert(Note.__table__).returning(Note.__table__.c.id)  # type: ignore[arg-type]


def execute_note(request: Request) -> dict[str, int]:
    """Insert one row by a statement, as docs/session.md does."""
    number = request.dbsession.scalar(_ADD, {"body": request.json_body["body"]})
    request.response.status_int = 201
    return {"id": number}


_WAYS_TO_INSERT = {"statement": execute_note, "orm": add_note}


def serve(url: str, inserts_by: str = "orm", **engine_settings: str) -> Served:
    """Serve the work on the database; `engine_settings` stand for more lines under `sqlalchemy.`.

    Beside the stock recipe it inserts as that does, and beside other frameworks as its own page does.
    """
    lines = {f"sqlalchemy.{name}": value for name, value in engine_settings.items()}
    with Configurator(settings={"sqlalchemy.url": url, **lines}) as config:
        config.include("myapp.db")
        add_views(config, _WAYS_TO_INSERT[inserts_by])
        return Served(config.make_wsgi_app(), config.registry["dbsession_factory"].engine)


def main(global_config: object, inserts_by: str = "statement", **settings: str) -> Any:
    """Make an application of `ours.ini`, on the database that the environment names."""
    lines = {name.removeprefix("sqlalchemy."): value for name, value in settings.items()}
    return serve(database.url(), inserts_by, **lines).app
