"""The application as tests call it: the real `main`, the real tweens, the real database."""

from __future__ import annotations

from typing import Any

from webtest import TestApp

from myapp import main
from tests.databases import Database


def make_app(database: Database, **settings: Any) -> TestApp:
    """Return the application on a migrated database, open to everyone unless `settings` say otherwise."""
    defaults = {"myapp.auth": "none", "sqlalchemy.url": database.url}
    return TestApp(main({}, **{**defaults, **settings}))


def close(app: TestApp) -> None:
    """Give the application's connections back, so that its database can be dropped."""
    app.app.registry["dbsession_factory"].engine.dispose()
