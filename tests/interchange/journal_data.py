"""Journals that no one here wrote, with the balances that hledger and beancount compute from them."""

import json
import subprocess
import sys
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

import pytest

from myapp.interchange.conversion import sums
from myapp.interchange.journal import Journal, Record

DATA = Path(__file__).parents[2].parent / "shared" / "data"

needs_data = pytest.mark.skipif(
    not DATA.is_dir(), reason="the folder shared/data, with its journals, is not beside the repository"
)

Balances = dict[tuple[str, str], Decimal]


def journals(pattern: str) -> list[Path]:
    """The journals below shared/data that match, each with its balances beside it."""
    return sorted(path for path in DATA.glob(pattern) if not path.name.endswith(".balances.json"))


def expected_balances(journal: Path, default_asset: str = "XXX") -> Balances:
    balances = json.loads(journal.with_suffix(".balances.json").read_text("utf-8"))
    return {
        (account, commodity or default_asset): Decimal(quantity)
        for account, commodities in balances.items()
        for commodity, quantity in commodities.items()
    }


def balances(records: Iterable[Record]) -> Balances:
    entries = [entry for record in records for entry in record.entries]
    totals = sums(((entry.account, entry.asset), entry.quantity) for entry in entries)
    return {key: total for key, total in totals.items() if total}


def beancount_balances(text: str) -> Balances:
    """The sums of units that beancount's own loader arrives at, in a process of its own."""
    program = Path(__file__).with_name("beancount_balances.py")
    command = [sys.executable, "-P", str(program)]
    done = subprocess.run(command, input=text.encode(), capture_output=True, check=True)
    return {(account, asset): Decimal(units) for account, asset, units in json.loads(done.stdout)}


def assert_balances(journal: Journal, expected: Balances, conversion_account: str) -> None:
    """Every expected balance is there, exactly; beyond them only the conversion account has any."""
    found = balances(journal.records)
    assert {key: found.get(key) for key in expected} == expected
    assert {account for account, _ in found.keys() - expected.keys()} <= {conversion_account}
    for record in journal.records:
        assert len(record.entries) >= 2, record
        assert all(entry.quantity for entry in record.entries), record
        assert not any(sums((entry.asset, entry.quantity) for entry in record.entries).values()), record
