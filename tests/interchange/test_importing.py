"""Journals that no one here wrote come out with the balances that hledger and beancount compute."""

from __future__ import annotations

from pathlib import Path

import pytest
from webtest import TestApp

from tests.interchange.generated import every_seed, generated
from tests.interchange.imports import balances, listed, send
from tests.interchange.journal_data import (
    Balances,
    expected_balances,
    journals,
    needs_data,
)

CONVERSION_ACCOUNTS = {"equity:conversion", "Equity:Conversions:Current"}
OPTIONS = {
    "1ktxns-100accts": {"default_type": "asset"},
    "chinese": {"default_type": "asset"},
    "borrowing": {"default_asset": "XXX"},
}
FORMATS = {".json": "hledger-json", ".beancount": "beancount"}

every_journal = pytest.mark.parametrize(
    "path",
    [*journals("hledger/*.json"), *journals("beancount/*.beancount")],
    ids=lambda path: path.stem,
)


def assert_balances(app: TestApp, expected: Balances) -> None:
    found, totals = balances(app)
    assert {key: found.get(key) for key in expected} == expected
    assert {account for account, _ in found.keys() - expected.keys()} <= CONVERSION_ACCOUNTS
    assert not any(totals.values())
    assert totals.keys() >= {asset for _, asset in expected}


@needs_data
@every_journal
def test_balances_equal_the_neighbouring_file_after_an_import_over_http(app: TestApp, path: Path) -> None:
    if path.suffix == ".beancount":
        pytest.importorskip("beancount", reason="beancount is an optional extra")
    answer = send(
        app, path.read_bytes(), status=201, format=FORMATS[path.suffix], **OPTIONS.get(path.stem, {})
    )
    assert_balances(app, expected_balances(path))
    assert answer.json["assets"] == len(listed(app, "assets"))
    assert answer.json["accounts"] == len(listed(app, "accounts"))
    assert answer.json["transactions"] == len(listed(app, "transactions"))


@needs_data
def test_every_journal_is_found() -> None:
    assert len(journals("hledger/*.json")) == 10
    assert len(journals("beancount/*.beancount")) == 1


@every_seed
def test_balances_of_generated_books_equal_those_of_beancount(app: TestApp, seed: int) -> None:
    pytest.importorskip("beancount", reason="beancount is an optional extra")
    books = generated(seed)
    send(app, books.journal, status=201, format="beancount")
    assert_balances(app, books.balances)


@needs_data
def test_a_journal_imported_again_doubles_every_balance(app: TestApp) -> None:
    (path,) = journals("hledger/quickstart.json")
    first = send(app, path.read_bytes(), status=201).json
    second = send(app, path.read_bytes(), status=201).json
    assert_balances(app, {key: 2 * balance for key, balance in expected_balances(path).items()})
    assert second == {**first, "accounts": 0, "assets": 0}
