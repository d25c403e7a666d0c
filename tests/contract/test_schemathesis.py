"""Schemathesis over our document: no 5xx, nothing undocumented, nothing invalid accepted, 405 with Allow.

Each operation gets all the cases that its schemas' corners make, and then so many random ones, half of them
wrong on purpose: 300 in CI, the same each time; `make schemathesis-long` tries 5,000 new ones. A tenth of
them are PostgreSQL's, since the document and its decoding are the same there.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import schemathesis
from schemathesis import Case
from schemathesis.config import SchemathesisConfig
from schemathesis.generation.hypothesis.builder import HypothesisTestConfig, HypothesisTestMode, create_test

from myapp.api.openapi import address_of, statuses_of
from myapp.api.route import Route
from myapp.api.routes import ROUTES
from tests.api.client import name
from tests.api.conformance import contract
from tests.apps import close, make_app
from tests.contract.judging import CHECKS
from tests.contract.stage import Stage, fill
from tests.contract.vocabulary import spoken
from tests.databases import Database, copy_sqlite, sqlite_database
from tests.postgres import PostgresServer

IN_CI = 300
EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", IN_CI))
ON_POSTGRESQL = EXAMPLES // 10
ON_SQLITE = EXAMPLES - ON_POSTGRESQL
FILLED = "contract_template"
REFUSED = ["400", "404", "405", "406", "409", "413", "415", "422"]

schemathesis.serializer("application/x-ndjson")(lambda context, value: {"data": _lines(value)})


def _lines(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode(errors="surrogatepass")


@cache
def schema() -> Any:
    """Return the document as schemathesis reads it."""
    told = {"checks": {"negative_data_rejection": {"expected-statuses": REFUSED}}}
    loaded = schemathesis.openapi.from_dict(spoken(contract()), config=SchemathesisConfig.from_dict(told))
    loaded.app = STAGE
    return loaded


STAGE = Stage()


def perform(route: Route, database: Database, examples: int, *modes: HypothesisTestMode) -> None:
    """Send an operation so many requests, and hold every answer against the document."""
    app = make_app(database)
    STAGE.open(app)
    operation = schema()[address_of(route)][route.method]
    try:
        # The plugin of schemathesis would work out all cases of all operations before the first test of any.
        create_test(operation=operation, test_func=play, config=settled(examples, modes))()
    finally:
        close(app)


def play(case: Case) -> None:
    STAGE.ready(case)
    response = case.call()
    STAGE.statuses[response.status_code] += 1
    case.validate_response(response, checks=CHECKS)


def settled(examples: int, modes: tuple[HypothesisTestMode, ...]) -> HypothesisTestConfig:
    """Return how to test: the same each time in CI, and never by the clock."""
    settings = hypothesis.settings(
        max_examples=examples,
        derandomize=EXAMPLES == IN_CI,
        database=None,
        deadline=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    return HypothesisTestConfig(
        project=schema().config, modes=list(modes), settings=settings, explicit_settings=settings
    )


@pytest.fixture(scope="module")
def filled_sqlite(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("contract") / "filled.sqlite"
    copy_sqlite(migrated_sqlite, path)
    fill_database(sqlite_database(path))
    return path


@pytest.fixture(scope="module")
def filled_postgresql(migrated_postgresql: str, postgres_server: PostgresServer) -> Iterator[str]:
    postgres_server.create_database(FILLED, migrated_postgresql)
    fill_database(Database("postgresql", postgres_server.url(FILLED)))
    yield FILLED
    postgres_server.drop_database(FILLED)


def fill_database(database: Database) -> None:
    app = make_app(database)
    fill(app)
    close(app)


# Each operation begins with the same books, whatever the others did to theirs, so that their order is free.
@pytest.fixture
def sqlite_books(filled_sqlite: Path, tmp_path: Path) -> Database:
    copy_sqlite(filled_sqlite, tmp_path / "books.sqlite")
    return sqlite_database(tmp_path / "books.sqlite")


@pytest.fixture
def postgresql_books(filled_postgresql: str, postgres_server: PostgresServer) -> Iterator[Database]:
    postgres_server.create_database("contract", filled_postgresql)
    yield Database("postgresql", postgres_server.url("contract"))
    postgres_server.drop_database("contract")


@pytest.mark.parametrize("route", ROUTES, ids=name)
def test_an_operation_is_as_documented(route: Route, sqlite_books: Database) -> None:
    perform(route, sqlite_books, ON_SQLITE, HypothesisTestMode.COVERAGE, HypothesisTestMode.FUZZING)
    # Where nothing succeeds, the deep code was not reached, and the rest proves little.
    assert set(statuses_of(route)) <= STAGE.statuses.keys(), STAGE.statuses


@pytest.mark.parametrize("route", ROUTES, ids=name)
def test_an_operation_is_as_documented_on_postgresql(route: Route, postgresql_books: Database) -> None:
    perform(route, postgresql_books, ON_POSTGRESQL, HypothesisTestMode.FUZZING)
    assert any(status < 300 for status in STAGE.statuses), STAGE.statuses
