"""The ledger's application on the stage, and what it owes to a client when its database fails."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from myapp import main
from myapp.api.route import Route
from myapp.db import unit_of_work
from myapp.ledger.books import open_book
from myapp.security.keys import ApiKey
from tests.databases import Database
from tests.faults import examples
from tests.faults.stage import Answer, Exchange, Stage, send
from tests.faults.verdict import Trial

# One connection: whatever a request leaves on it hits the next one. No long wait for one that leaked.
SETTINGS = {"sqlalchemy.pool_size": "1", "db.lock_timeout_s": "0.5"}
LOOK = Exchange("GET", f"{examples.BOOKS}/balances")


def unavailable(answer: Answer) -> str:
    """Return what is wrong with the answer to a fault of the database: it must be a 503 that says so."""
    if answer.error:
        return "an exception reached the server"
    if answer.content_type != "application/problem+json":
        return "that is no problem document"
    if (answer.status, (answer.document or {}).get("code")) != (503, "unavailable"):
        return "that is not 503 with the code `unavailable`"
    return ""


def ledger_stage(database: Database) -> tuple[Stage, dict[str, str]]:
    """Return the application with its books prepared, and the ids of what is in them by placeholder."""
    app = main({}, **{"myapp.auth": "none", "sqlalchemy.url": database.url, **SETTINGS})
    ids = prepare_books(app)
    return Stage(app, app.registry["dbsession_factory"].engine, database), ids


def prepare_books(app: Any) -> dict[str, str]:
    """Send what the examples stand on; return the ids of what they name, by placeholder."""
    ids = {}
    for url, body in examples.PREPARATION:
        made = send(app, Exchange("POST", url, examples.as_json(body)))
        if not made.is_success:
            raise AssertionError(f"The books cannot be prepared: {made}")
        if (placeholder := examples.PLACEHOLDERS.get(url)) is not None:
            ids[placeholder] = made.document["id"]
    with unit_of_work(app.registry["dbsession_factory"]) as session:
        book = open_book(session, "books").id
        given = {"digest": "none", "scopes": "read", "created_at": datetime.now(UTC)}
        session.add(ApiKey(id=examples.KEY_ID, name="web", ledger_id=book, **given))
    return ids


def wrong_rows(stage: Stage) -> list[object]:
    """Return what `verify` finds wrong in the books."""
    document = send(stage.app, Exchange("GET", f"{examples.BOOKS}/verify")).document
    return [problem for check in document["checks"] for problem in check["problems"]]


def ledger_trial(stage: Stage, ids: Mapping[str, str], route: Route, *, with_key: bool) -> Trial:
    """Return the trial of a route."""
    exchange = examples.exchange(route, ids, with_key=with_key)
    return Trial(stage, exchange, LOOK, unavailable)
