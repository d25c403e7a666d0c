"""An application with one small ledger on each database; and one that asks everybody for a key."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from webtest import TestApp

from tests.api.client import post, send_ok
from tests.apps import close, make_app
from tests.databases import Database

ASSETS = [{"code": "USD", "scale": 2}, {"code": "JPY", "scale": 0}]
BOOKS = "/ledgers/books"


@dataclass(frozen=True)
class Site:
    """An application, and the ids of what its ledger `books` has."""

    app: TestApp
    ids: dict[str, Any]

    def journal(self) -> Any:
        """Return all transactions as the API lists them."""
        return self.app.get("/v1/ledgers/books/transactions?limit=500").json["data"]


@pytest.fixture
def site(database: Database) -> Iterator[Site]:
    app = make_app(database, **{"myapp.cookies_secure": "false"})
    yield Site(app, fill(app))
    close(app)


def fill(app: TestApp) -> dict[str, Any]:
    """Make the ledger `books` with two transactions, and a foreign one."""
    for name in ("books", "elsewhere"):
        send_ok(app, "POST", "/v1/ledgers", {"name": name, "assets": ASSETS}, 201)
    first = post(
        app, "expenses:food", "assets:cash", "12.50", description="Lunch", metadata={"trip": "berlin"}
    )
    post(app, "assets:cash", "equity:opening", "100.00", description="Opening", effective_at="2026-01-01")
    return {"transaction": first["id"]}
