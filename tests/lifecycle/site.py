"""The foreign application, served: all it does for its database is `config.include("myapp.db")`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import webtest
from pyramid.config import Configurator
from pyramid.registry import Registry
from sqlalchemy import Engine, event

from tests.databases import Database
from tests.lifecycle import witness

Part = Callable[[Configurator], object]
Outcome = int | BaseException


def at(path: str, view: Callable[..., Any], **options: Any) -> Part:
    """Return the part of an application that answers at a path."""

    def add(config: Configurator) -> None:
        config.add_route(path, path)
        config.add_view(view, route_name=path, **options)

    return add


def is_success(outcome: Outcome) -> bool:
    """Tell whether the client was told that all is well."""
    return isinstance(outcome, int) and outcome < 400


def is_failure(outcome: Outcome) -> bool:
    """Tell whether the server owned up: a 5xx, or an exception of which the WSGI server makes one."""
    return isinstance(outcome, BaseException) or outcome >= 500


@dataclass
class Site:
    """A served application, with what its engine was seen doing."""

    app: Any
    registry: Registry
    engine: Engine
    database: Database
    statements: list[str] = field(default_factory=list)
    checkouts: list[Any] = field(default_factory=list)
    driver_connections: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        event.listen(self.engine, "before_cursor_execute", self._note_statement)
        event.listen(self.engine, "checkout", lambda driver, *_: self.checkouts.append(driver))
        event.listen(self.engine, "connect", lambda driver, _: self.driver_connections.append(driver))

    def _note_statement(self, connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        self.statements.append(statement)

    def client(self) -> webtest.TestApp:
        """Return a browser of its own; one must not be shared between threads."""
        return webtest.TestApp(self.app)

    def ask(self, path: str, method: str = "POST") -> Outcome:
        """Return the status of the response, or the exception that reached the WSGI server."""
        try:
            return int(self.client().request(path, method=method, expect_errors=True).status_int)
        except (Exception, SystemExit) as error:
            return error

    def rows(self) -> witness.Rows:
        return witness.rows(self.database)


def make_site(database: Database, parts: tuple[Part, ...], settings: dict[str, Any]) -> Site:
    """Build the application from its parts."""
    config = Configurator(settings={"sqlalchemy.url": database.url, **settings})
    config.include("myapp.db")
    for part in parts:
        part(config)
    app = config.make_wsgi_app()
    return Site(app, config.registry, config.registry["dbsession_factory"].engine, database)
