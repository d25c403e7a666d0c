"""Schemathesis over our own document: no 5xx, nothing undocumented, no invalid input accepted, 405 with Allow.

Each operation gets all the cases that its schemas' corners make, and then so many random ones, half of them
wrong on purpose: 300 in CI, the same each time; `make schemathesis-long` tries 5,000 new ones. PostgreSQL gets
fewer, since the document and its decoding are the same there.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import Case
from schemathesis.config import SchemathesisConfig

from tests.api.conformance import contract
from tests.apps import close, make_app
from tests.contract.judging import CHECKS
from tests.contract.stage import Stage, fill
from tests.contract.vocabulary import spoken
from tests.databases import Database, copy_sqlite, sqlite_database
from tests.postgres import PostgresServer

IN_CI = 300
EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", IN_CI))
FILLED = "contract_template"
REFUSED = ["400", "404", "405", "406", "409", "413", "415", "422"]

schemathesis.serializer("application/x-ndjson")(lambda context, value: {"data": _lines(value)})


def _lines(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode(errors="surrogatepass")


def schema(examples: int, *, corners: bool) -> Any:
    """Return the document for schemathesis, with so many examples for each operation."""
    told = {
        "generation": {"max-examples": examples, "deterministic": EXAMPLES == IN_CI, "database": "none"},
        "phases": {"coverage": {"enabled": corners}, "examples": {"enabled": False}},
        "checks": {"negative_data_rejection": {"expected-statuses": REFUSED}},
    }
    loaded = schemathesis.openapi.from_dict(spoken(contract()), config=SchemathesisConfig.from_dict(told))
    loaded.app = STAGE
    return loaded


# The examples of an operation share its books on purpose, and nothing is measured by the clock.
BOUNDLESS = settings(deadline=None, suppress_health_check=list(HealthCheck))
STAGE = Stage()
ON_SQLITE = schema(EXAMPLES, corners=True)
ON_POSTGRESQL = schema(max(EXAMPLES // 10, 1), corners=False)


def on_stage(database: Database) -> Iterator[Stage]:
    app = make_app(database)
    STAGE.open(app)
    yield STAGE
    close(app)
    print("STATUSES", dict(STAGE.statuses))
    assert any(status < 300 for status in STAGE.statuses), f"nothing succeeded: {STAGE.statuses}"


def play(case: Case, stage: Stage) -> None:
    stage.ready(case)
    response = case.call()
    stage.statuses[response.status_code] += 1
    case.validate_response(response, checks=CHECKS)


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
def sqlite_stage(filled_sqlite: Path, tmp_path: Path) -> Iterator[Stage]:
    copy_sqlite(filled_sqlite, tmp_path / "books.sqlite")
    yield from on_stage(sqlite_database(tmp_path / "books.sqlite"))


@pytest.fixture
def postgresql_stage(filled_postgresql: str, postgres_server: PostgresServer) -> Iterator[Stage]:
    postgres_server.create_database("contract", filled_postgresql)
    yield from on_stage(Database("postgresql", postgres_server.url("contract")))
    postgres_server.drop_database("contract")


@ON_SQLITE.parametrize()
@BOUNDLESS
def test_an_operation_is_as_documented_on_sqlite(case: Case, sqlite_stage: Stage) -> None:
    play(case, sqlite_stage)


@ON_POSTGRESQL.parametrize()
@BOUNDLESS
def test_an_operation_is_as_documented_on_postgresql(case: Case, postgresql_stage: Stage) -> None:
    play(case, postgresql_stage)
