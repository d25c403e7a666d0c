"""The row of `make bench` about imports: one journal for both, no figure of a wrong import."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import imports
from benchmarks.effort import Effort
from benchmarks.imports import Files, imported, written
from benchmarks.journal import journal
from benchmarks.migrated import Migrated, migrated
from benchmarks.strategies.databases import Databases, sqlite_databases

TRANSACTIONS = 60
TINY = Effort(rounds=1, requests=1, warm_up_requests=1)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return written(tmp_path_factory.mktemp("imports") / "files", TRANSACTIONS)


@pytest.fixture(scope="module")
def databases() -> Iterator[Migrated]:
    with migrated("sqlite") as made:
        yield made


@pytest.fixture(scope="module")
def seeded() -> Iterator[Databases]:
    with sqlite_databases() as made:
        yield made


def test_the_journal_follows_from_its_seed() -> None:
    assert journal(TRANSACTIONS, 1) == journal(TRANSACTIONS, 1) != journal(TRANSACTIONS, 2)


def test_hledger_finds_every_transaction_in_the_journal(files: Files) -> None:
    transactions = json.loads(files.printed.read_text("utf-8"))
    assert len(transactions) == TRANSACTIONS
    assert {len(each["tpostings"]) for each in transactions} == {2, 3, 4}
    amounts = [each for one in transactions for posting in one["tpostings"] for each in posting["pamount"]]
    assert len({each["acommodity"] for each in amounts}) > 3
    assert any(each["aprice"] for each in amounts)
    assert any(each["ttags"] for each in transactions)


def test_an_import_that_is_not_whole_is_not_reported(tmp_path: Path, databases: Migrated) -> None:
    fewer = written(tmp_path / "fewer", TRANSACTIONS)
    fewer.printed.write_text(json.dumps(json.loads(fewer.printed.read_text("utf-8"))[1:]))
    with pytest.raises(RuntimeError, match="hold 59 of 60 transactions"):
        imported(fewer, databases)


def test_the_figure_tells_what_it_was_computed_from(seeded: Databases) -> None:
    figure = imports.compare(seeded, TINY, transactions=TRANSACTIONS)
    assert 0 < figure.low <= figure.value <= figure.high
    assert set(figure.details) == {
        *("ours_ms", "ours_cpu_ms", "hledger_ms", "hledger_cpu_ms", "hledger_print_ms")
    }
    assert min(figure.details.values()) > 0


def test_the_import_is_promised_at_twelve_times_the_time_of_hledger_at_most() -> None:
    (row,) = imports.ROWS
    assert (row.opponent, row.reach, row.aim) == ("hledger stats", 12.0, 5.0)
