"""The application as tests call it: the real `main`, the real tweens, the real database."""

from __future__ import annotations

from typing import Any

from webtest import TestApp

from myapp import main
from tests.databases import Database

_made: dict[tuple[tuple[str, Any], ...], Any] = {}


def make_app(database: Database, *, anew: bool = False, **settings: Any) -> TestApp:
    """Return the application on a migrated database, open to everyone unless `settings` say otherwise.

    An application is made once for a test process, whichever of its tests asks for it: to route, and to
    compile each statement, takes far longer than most tests do. What it keeps between requests is for no
    answer to show, so that the next test finds it as new; only what it has counted goes on. Where that
    counts, or where the application is to be changed, it is made `anew`, and nobody else's.
    """
    asked = {"myapp.auth": "none", "sqlalchemy.url": database.url, **settings}
    if anew:
        return TestApp(main({}, **asked))
    key = tuple(sorted(asked.items()))
    if key not in _made:
        _made[key] = main({}, **asked)
    return TestApp(_made[key])


def close(app: TestApp) -> None:
    """Give the application's connections back, so that its database can be dropped or replaced."""
    app.app.registry["dbsession_factory"].engine.dispose()
