"""`myapp import` of journals that no one here wrote: every balance is what hledger or beancount computes."""

from __future__ import annotations

from pathlib import Path

import pytest
from webtest import TestApp

from tests.cli.conftest import Shell
from tests.interchange.imports import LEDGER
from tests.interchange.journal_data import expected_balances, needs_data
from tests.interchange.test_importing import OPTIONS, assert_balances, every_journal


@needs_data
@every_journal
def test_balances_equal_the_neighbouring_file_after_an_import_by_the_command(
    shell: Shell, app: TestApp, path: Path
) -> None:
    if path.suffix == ".beancount":
        pytest.importorskip("beancount", reason="beancount is an optional extra")
    options = OPTIONS.get(path.stem, {}).items()
    given = [word for name, value in options for word in (f"--{name.replace('_', '-')}", value)]
    assert shell.succeed("myapp", "import", str(path), "--ledger", LEDGER, *given).startswith("Imported")
    assert_balances(app, expected_balances(path))
