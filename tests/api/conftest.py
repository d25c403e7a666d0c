"""An application on each database, with one ledger that counts USD and EUR."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from webtest import TestApp

from tests.apps import close, make_app
from tests.databases import Database


@pytest.fixture
def app(database: Database) -> Iterator[TestApp]:
    made = make_app(database)
    yield made
    close(made)


@pytest.fixture
def books(app: TestApp) -> TestApp:
    assets = [{"code": "USD", "scale": 2}, {"code": "JPY", "scale": 0}, {"code": "BTC", "scale": 8}]
    app.post_json("/v1/ledgers", {"name": "books", "assets": assets}, status=201)
    return app
