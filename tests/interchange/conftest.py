"""The application on each database, with one empty ledger."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from webtest import TestApp

from tests.apps import close, make_app
from tests.databases import Database
from tests.interchange.imports import LEDGER


@pytest.fixture
def app(database: Database) -> Iterator[TestApp]:
    made = make_app(database)
    made.post_json("/v1/ledgers", {"name": LEDGER}, status=201)
    yield made
    close(made)
