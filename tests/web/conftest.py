"""An application with one small ledger on each database.

`site` is the test's own. `history` has two years of books, and is one for all tests that only read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from webtest import TestApp

from myapp.web.accounts import TREE_MAX
from tests.api.client import post, send_ok, transfer
from tests.apps import close, make_app
from tests.databases import DIALECTS, Database
from tests.shared import shared

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


@pytest.fixture(params=["sqlite"])
def dialect(request: pytest.FixtureRequest) -> str:
    """Run the tests of this folder on SQLite alone.

    Pages ask the books what the API asks them, on both products. Those that write say `ON_BOTH`.
    """
    return str(request.param)


ON_BOTH = pytest.mark.parametrize("dialect", DIALECTS, indirect=True)


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


def fill_a_tree(site: Site) -> None:
    """Open more accounts in the other ledger, below each of two, than a tree shows at once."""
    pairs = [transfer(f"expenses:e{number}", f"assets:a{number}") for number in range(TREE_MAX + 1)]
    postings = [posting for pair in pairs for posting in pair["postings"]]
    send_ok(site.app, "POST", "/v1/ledgers/elsewhere/transactions", {"postings": postings}, 201)


@pytest.fixture(scope="session", params=DIALECTS)
def history(request: pytest.FixtureRequest) -> Iterator[Site]:
    with shared(request, request.param, "history") as database:
        app = make_app(database, **{"myapp.cookies_secure": "false"})
        filled = fill(app)
        fill_two_years(app)
        yield Site(app, filled)
        close(app)


def fill_two_years(app: TestApp) -> None:
    """Post into `books` what happened in 2024, and three times as much in 2025; all but one amount in USD."""
    for year, factor in ((2024, 1), (2025, 3)):
        for debit, credit, amount, day in (
            ("assets:bank:daily", "income:job", 1000, "03-31"),
            ("expenses:home:rent", "assets:bank:daily", 400, "04-01"),
            ("expenses:home:power", "liabilities:card", 25, "12-31"),
            ("assets:bank", "assets:bank:daily", 7, "06-30"),
        ):
            post(app, debit, credit, f"{amount * factor}.00", effective_at=f"{year}-{day}")
    yen = [
        {"account": "assets:yen", "asset": "JPY", "amount": "500"},
        {"account": "income:job", "asset": "JPY", "amount": "-500"},
    ]
    body = {"postings": yen, "effective_at": "2025-05-05"}
    send_ok(app, "POST", "/v1/ledgers/books/transactions", body, 201)
