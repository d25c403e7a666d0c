"""An application on each database, with one ledger that counts USD, JPY and BTC.

`books` is the test's own. `library` is one for all tests that only read or are only refused, because a
database of its own for each of hundreds of refusals would be slow; at the end nothing has changed in it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest
from webtest import TestApp

from tests.api.client import LEDGER, get, post, send_ok, transfer
from tests.api.random_journal import Journal, write_journal
from tests.apps import close, make_app
from tests.databases import DIALECTS, Database
from tests.shared import shared

RANDOM_TRANSACTIONS = 200
ASSETS = [{"code": "USD", "scale": 2}, {"code": "JPY", "scale": 0}, {"code": "BTC", "scale": 8}]


@pytest.fixture
def app(database: Database) -> Iterator[TestApp]:
    made = make_app(database)
    yield made
    close(made)


@pytest.fixture
def books(app: TestApp) -> TestApp:
    app.post_json("/v1/ledgers", {"name": "books", "assets": ASSETS}, status=201)
    return app


@pytest.fixture(scope="session", params=DIALECTS)
def library_database(request: pytest.FixtureRequest) -> Iterator[Database]:
    with shared(request, request.param, "library") as database:
        yield database


@pytest.fixture(scope="session")
def library(library_database: Database) -> Iterator[TestApp]:
    made = make_app(library_database)
    _fill(made)
    before = everything(made)
    yield made
    after = everything(made)
    close(made)
    assert after == before


def _fill(app: TestApp) -> None:
    send_ok(app, "POST", "/v1/ledgers", {"name": "books", "assets": ASSETS}, 201)
    send_ok(app, "POST", "/v1/ledgers", {"name": "strict", "strict_accounts": True, "assets": ASSETS}, 201)
    for path in ("assets:frozen", "assets:closed"):
        send_ok(app, "POST", f"{LEDGER}/accounts", {"path": path}, 201)
        status = path.rpartition(":")[2]
        send_ok(app, "PATCH", f"{LEDGER}/accounts/{path}", {"status": status})
    limited = {"path": "assets:empty", "limits": {"USD": {"min": "0", "max": "5"}}}
    send_ok(app, "POST", f"{LEDGER}/accounts", limited, 201)
    send_ok(app, "POST", "/v1/keys", {"name": "first", "scopes": ["read"]}, 201)
    post(app, reference="taken", metadata={"trip": "berlin"})
    post(app, "expenses:rent", "assets:bank", "700.00")
    for amount in ("5.00", "6.00"):
        send_ok(app, "POST", f"{LEDGER}/holds", transfer("expenses:rent", "assets:bank", amount), 201)


@pytest.fixture(scope="session", params=DIALECTS)
def asked(request: pytest.FixtureRequest) -> Iterator[tuple[TestApp, Journal]]:
    """Give one ledger with a random journal to all the questions, which change nothing."""
    with shared(request, request.param, "random") as database:
        app = make_app(database)
        app.post_json("/v1/ledgers", {"name": "books", "assets": ASSETS}, status=201)
        factory = app.app.registry["dbsession_factory"]
        yield app, write_journal(factory, "books", random.Random(), RANDOM_TRANSACTIONS)
        close(app)


@pytest.fixture
def chance() -> random.Random:
    """Give a source of chance whose seed a failure tells; pytest-randomly prints and sets it."""
    return random.Random(random.getrandbits(64))


def everything(app: TestApp) -> dict[str, Any]:
    """Return all that can be read of the ledger `books`, and the names of all ledgers."""
    lists = ("accounts", "transactions", "balances", "assets", "holds")
    found = {name: get(app, f"/{name}?limit=500") for name in lists}
    return {**found, "ledgers": send_ok(app, "GET", "/v1/ledgers?limit=500"), "book": get(app, "")}
