"""A service with two ledgers and somebody with each kind of key: one for all tests of a process."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from webtest import TestApp, TestResponse

from myapp.api.route import Route
from myapp.db import unit_of_work
from myapp.security import keys
from tests.api.client import send
from tests.apps import close, make_app
from tests.databases import DIALECTS, Database
from tests.faults.examples import exchange
from tests.faults.ledger import prepare_books
from tests.faults.picture import Camera
from tests.shared import shared

# To a key of `elsewhere`, the ledger `books` of the examples is a foreign one.
ELSEWHERE = "elsewhere"
KINDS = ("root", "owner", "writer", "reader", "foreign", "foreign reader", "none", "revoked", "expired")


@dataclass(frozen=True, slots=True)
class Town:
    """A service with two ledgers and somebody with each kind of key."""

    app: TestApp
    camera: Camera
    ids: dict[str, str]
    secrets: dict[str, str]

    def ask(self, route: Route, kind: str) -> TestResponse:
        """Send the route's example with a key of this kind."""
        made = exchange(route, self.ids, with_key=False)
        headers = {"Authorization": f"Bearer {self.secrets[kind]}"} if kind in self.secrets else {}
        body = None if made.is_safe else made.body
        return send(self.app, made.method, made.url, body, content_type=made.content_type, headers=headers)


@pytest.fixture(scope="session", params=DIALECTS)
def town_database(request: pytest.FixtureRequest) -> Iterator[Database]:
    with shared(request, request.param, "town") as database:
        yield database


@pytest.fixture(scope="session")
def town(town_database: Database) -> Iterator[Town]:
    app = make_app(town_database)
    ids = prepare_books(app.app)
    close(app)
    app = make_app(town_database, **{"myapp.auth": "keys"})
    secrets = make_secrets(app)
    camera = Camera(town_database)
    yield Town(app, camera, ids, secrets)
    camera.close()
    close(app)


def make_secrets(app: TestApp) -> dict[str, str]:
    """Make the other ledger, and a key of each kind."""
    now = datetime.now(UTC)
    factory = app.app.registry["dbsession_factory"]
    with unit_of_work(factory) as session:
        root = keys.create(session, "root", ["admin"], now=now)[1]
    headers = {"Authorization": f"Bearer {root}"}
    assert send(app, "POST", "/v1/ledgers", {"name": ELSEWHERE}, headers=headers).status_int == 201
    with unit_of_work(factory) as session:

        def make(scope: str, ledger: str = "books", **more: datetime) -> tuple[keys.KeyView, str]:
            return keys.create(session, scope, [scope], now=now, ledger=ledger, **more)

        revoked, revoked_secret = make("admin")
        keys.revoke(session, revoked.id, now=now)
        return {
            "root": root,
            "owner": make("admin")[1],
            "writer": make("write")[1],
            "reader": make("read")[1],
            "foreign": make("admin", ELSEWHERE)[1],
            "foreign reader": make("read", ELSEWHERE)[1],
            "revoked": revoked_secret,
            "expired": make("admin", expires_at=now - timedelta(microseconds=1))[1],
        }


SCOPE_OF = {"root": "admin", "owner": "admin", "writer": "write", "reader": "read"}
SCOPE_OF |= {"foreign": "admin", "foreign reader": "read"}
