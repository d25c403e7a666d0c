"""Export books through HTTP, and ask hledger and beancount what they make of them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

import pytest
from webtest import TestApp, TestResponse

from tests.interchange.imports import ADDRESS
from tests.interchange.journal_data import Balances

TIMEOUT_S = 60
# Names are of any script, whatever the machine's own language is.
ENVIRONMENT = {"LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "PATH": os.environ["PATH"], "HOME": "/nonexistent"}


def export(app: TestApp, format_: str, address: str = ADDRESS) -> TestResponse:
    return app.get(f"{address}/export", {"format": format_}, status=200)


def hledger(journal: bytes, *command: str) -> str:
    """Return what hledger says of a journal, once it accepts it."""
    program = shutil.which("hledger")
    # Not skipped: `make system-packages` installs it, and says how where it cannot.
    assert program, "hledger is not installed: make system-packages"
    done = subprocess.run(
        [program, "-f-", *command],
        input=journal,
        capture_output=True,
        env=ENVIRONMENT,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()[-2_000:]
    return done.stdout.decode()


def hledger_check(journal: bytes) -> None:
    """hledger accepts the journal with every account and commodity declared, and its dates in order."""
    assert hledger(journal, "check", "--strict") == ""
    assert hledger(journal, "check", "ordereddates") == ""


def hledger_balances(journal: bytes) -> Balances:
    """Return the balances that hledger computes, by our own paths and codes."""
    report, _ = json.loads(hledger(journal, "bal", "--flat", "--no-elide", "-O", "json"))
    return {
        (unquote(name), unquote(amount["acommodity"])): quantity(amount["aquantity"])
        for name, _, _, amounts in report
        for amount in amounts
        # Of several commodities on one account, hledger shows those that are back at zero, too.
        if quantity(amount["aquantity"])
    }


def quantity(told: Mapping[str, Any]) -> Decimal:
    return Decimal(told["decimalMantissa"]).scaleb(-told["decimalPlaces"])


def hledger_transactions(journal: bytes) -> list[Any]:
    """Return the transactions that hledger reads."""
    return list(json.loads(hledger(journal, "print", "-O", "json")))


def beancount_journal(journal: bytes) -> list[Any]:
    """Return the directives of a journal that beancount reads and `bean-check` accepts."""
    pytest.importorskip("beancount", reason="beancount is an optional extra")
    from beancount.loader import load_string

    directives, errors, _ = load_string(journal.decode())
    assert not errors, [error.message for error in errors][:5]
    return list(directives)


def beancount_balances(journal: bytes) -> Balances:
    """Return the sums of units that beancount arrives at, by our own paths and codes."""
    directives = beancount_journal(journal)
    true = {each.account: each.meta.get("path", each.account) for each in of_kind(directives, "Open")}
    codes = {each.currency: each.meta.get("code", each.currency) for each in of_kind(directives, "Commodity")}
    found: Balances = {}
    for transaction in of_kind(directives, "Transaction"):
        for posting in transaction.postings:
            key = (true[posting.account], codes[posting.units.currency])
            found[key] = found.get(key, Decimal(0)) + posting.units.number
    return {key: total for key, total in found.items() if total}


def of_kind(directives: list[Any], kind: str) -> list[Any]:
    return [each for each in directives if type(each).__name__ == kind]
