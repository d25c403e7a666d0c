"""`myapp demo`: books to look at, loaded once."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Shell

pytest.importorskip("beancount", reason="beancount is an optional extra")


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_the_demo_is_loaded_once(shell: Shell) -> None:
    assert "transactions into the ledger 'demo'" in shell.succeed("myapp", "demo")
    assert shell.succeed("myapp", "demo") == ""
