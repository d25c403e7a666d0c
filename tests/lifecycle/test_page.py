"""The application that docs/session.md shows, taken from the page and held to the contract."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
import webtest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from myapp.db import ConcurrencyConflict, LifecycleViolation, SessionUnavailable, TransactionPoisoned
from tests.databases import Database
from tests.lifecycle import witness
from tests.lifecycle.site import Site

PAGE = Path(__file__).parents[2] / "docs" / "session.md"
NUMBER = {
    "sqlite": "INTEGER PRIMARY KEY",
    "postgresql": "INTEGER PRIMARY KEY GENERATED ALWAYS AS IDENTITY",
}


def shown() -> str:
    """Return the page's Python code."""
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    return str(code)


@pytest.fixture
def serve_page(empty_database: Database, sites: list[Site]) -> Callable[..., webtest.TestApp]:
    """Return a function that serves the page's application, with other views in the place of its own."""
    with closing(witness.connect(empty_database)) as connection:
        connection.execute(f"CREATE TABLE note (id {NUMBER[empty_database.dialect]}, body TEXT NOT NULL)")

    def serve(**views: Any) -> webtest.TestApp:
        names: dict[str, Any] = {}
        exec(compile(shown(), str(PAGE), "exec"), names)
        names.update(views)
        app = names["main"]({}, **{"sqlalchemy.url": empty_database.url})
        sites.append(Site(app, app.registry, app.registry["dbsession_factory"].engine, empty_database))
        return webtest.TestApp(app)

    return serve


def kept(database: Database) -> list[str]:
    with closing(witness.connect(database)) as connection:
        return [row[0] for row in connection.execute("SELECT body FROM note ORDER BY id").fetchall()]


def test_the_page_needs_no_more_lines_than_it_says() -> None:
    lines = [line for line in shown().splitlines() if line.strip()]
    assert len(lines) <= 20


def write(request: Any) -> None:
    request.dbsession.execute(text("INSERT INTO note (body) VALUES ('written')"))


def test_what_was_answered_with_success_is_durable(serve_page, empty_database: Database) -> None:
    app = serve_page()
    assert app.post_json("/notes", {"body": "bread"}).json == {"added": "bread"}
    assert kept(empty_database) == ["bread"]
    assert app.get("/notes").json == ["bread"]


def test_what_was_answered_with_an_error_changed_nothing(serve_page, empty_database: Database) -> None:
    serve_page().post_json("/notes", {"body": ""}, status=409)
    assert kept(empty_database) == []


def test_a_reader_cannot_write(serve_page, empty_database: Database) -> None:
    with pytest.raises(DBAPIError, match=r"read-?only"):
        serve_page(notes=write).get("/notes")
    assert kept(empty_database) == []


def test_a_view_cannot_commit(serve_page, empty_database: Database) -> None:
    def committing(request: Any) -> dict[str, Any]:
        write(request)
        with suppress(LifecycleViolation):
            request.dbsession.commit()
        return {}

    with pytest.raises(LifecycleViolation):
        serve_page(add=committing).post("/notes")
    assert kept(empty_database) == []


def test_a_view_cannot_hide_an_error_of_the_database(serve_page, empty_database: Database) -> None:
    def hiding(request: Any) -> dict[str, Any]:
        write(request)
        with suppress(DBAPIError):
            request.dbsession.execute(text("INSERT INTO note (body) VALUES (NULL)"))
        return {}

    with pytest.raises(TransactionPoisoned):
        serve_page(add=hiding).post("/notes")
    assert kept(empty_database) == []


def test_a_conflict_is_met_with_another_attempt_that_applies_once(serve_page, empty_database) -> None:
    def conflicting(request: Any) -> dict[str, Any]:
        write(request)
        if request.environ["retry.attempt"] < 2:
            raise ConcurrencyConflict
        return {}

    assert serve_page(add=conflicting).post("/notes").status_int == 200
    assert kept(empty_database) == ["written"]


def test_a_session_kept_past_its_request_is_of_no_use(serve_page) -> None:
    sessions = []

    def keeping(request: Any) -> list[str]:
        sessions.append(request.dbsession)
        return []

    serve_page(notes=keeping).get("/notes")
    with pytest.raises(SessionUnavailable):
        sessions[0].execute(text("SELECT 1"))
