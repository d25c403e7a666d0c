"""The work that every opponent is given: one read, one write, on the tables of the strategies' model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pyramid.config import Configurator
from pyramid.request import Request
from sqlalchemy import Engine

from benchmarks.strategies.model import Account, Note


@dataclass(frozen=True)
class Served:
    """A WSGI application on a database, and the engine whose connections must be given back in the end."""

    app: Callable[..., Any]
    engine: Engine

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()


def read_account(request: Request) -> dict[str, int]:
    """Read one row by its primary key, through the ORM."""
    account = request.dbsession.get_one(Account, int(request.matchdict["number"]))
    return {"id": account.id, "balance": account.balance}


def add_note(request: Request) -> dict[str, int]:
    """Insert one row, through the ORM."""
    note = Note(body=request.json_body["body"])
    request.dbsession.add(note)
    request.dbsession.flush()
    request.response.status_int = 201
    return {"id": note.id}


def add_views(config: Configurator, add: Callable[[Request], dict[str, int]] = add_note) -> None:
    """Add both views; `add` is the one that inserts."""
    config.add_route("account", "/accounts/{number}")
    config.add_route("notes", "/notes")
    config.add_view(read_account, route_name="account", request_method="GET", renderer="json")
    config.add_view(add, route_name="notes", request_method="POST", renderer="json")
