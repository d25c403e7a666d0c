"""Journals that no one here wrote: in, out again, and still with the balances of hledger and beancount."""

from __future__ import annotations

from pathlib import Path

import pytest
from webtest import TestApp

from tests.interchange.exports import (
    beancount_balances,
    export,
    hledger_balances,
    hledger_check,
)
from tests.interchange.generated import every_seed, generated
from tests.interchange.imports import balances, send
from tests.interchange.journal_data import Balances, expected_balances, journals, needs_data
from tests.interchange.test_importing import CONVERSION_ACCOUNTS, FORMATS, OPTIONS
from tests.interchange.test_ndjson import OTHER, assert_green, take_in

# On PostgreSQL only a few, because the rows that come are the same.
ON_BOTH = {"quickstart", "chinese", "multicurrency"}


def every_journal() -> list[object]:
    paths = [*journals("hledger/*.json"), *journals("beancount/*.beancount")]
    pairs = [(path, "sqlite") for path in paths] + [
        (path, "postgresql") for path in paths if path.stem in ON_BOTH
    ]
    return [pytest.param(path, dialect, id=f"{path.stem}-{dialect}") for path, dialect in pairs]


def assert_round_trips(app: TestApp, expected: Balances) -> None:
    """What is exported is accepted, with our balances; these are the expected ones and conversions."""
    ours, _ = balances(app)
    assert {key: ours.get(key) for key in expected} == expected
    assert {account for account, _ in ours.keys() - expected.keys()} <= CONVERSION_ACCOUNTS
    journal = export(app, "hledger").body
    hledger_check(journal)
    assert hledger_balances(journal) == ours
    assert beancount_balances(export(app, "beancount").body) == ours
    out = export(app, "ndjson").body
    app.post_json("/v1/ledgers", {"name": "others"}, status=201)
    take_in(app, out, status=201)
    assert export(app, "ndjson", OTHER).body == out
    assert_green(app)


@needs_data
@pytest.mark.parametrize(("path", "dialect"), every_journal(), indirect=["dialect"])
def test_a_journal_comes_out_as_it_went_in(app: TestApp, path: Path) -> None:
    pytest.importorskip("beancount", reason="beancount is an optional extra")
    options = OPTIONS.get(path.stem, {})
    send(app, path.read_bytes(), status=201, format=FORMATS[path.suffix], **options)
    assert_round_trips(app, expected_balances(path))


@every_seed
@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_generated_books_come_out_as_they_went_in(app: TestApp, seed: int) -> None:
    pytest.importorskip("beancount", reason="beancount is an optional extra")
    books = generated(seed)
    send(app, books.journal, status=201, format="beancount")
    assert_round_trips(app, books.balances)
