"""Whatever is asked of the API, in whatever order, it answers what the model foretells.

`MODEL=5000x100` makes it so many programs of so many steps; PostgreSQL is asked a tenth of them, because what
differs between the products lies below the rules that a program of requests tries.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import initialize, run_state_machine_as_test

from tests.apps import close, make_app
from tests.databases import Database
from tests.model.account_rules import AccountRules
from tests.model.balance_rules import BalanceRules
from tests.model.batch_rules import BatchRules
from tests.model.books import Account, Books
from tests.model.clock import Clock
from tests.model.drawing import CASH, CASH_LIMIT
from tests.model.hold_rules import HoldRules
from tests.model.legs import net
from tests.model.list_rules import ListRules
from tests.model.spelling import SCALES, Asked, written
from tests.model.transaction_rules import TransactionRules

PROGRAMS, STEPS = (int(number) for number in os.environ.get("MODEL", "200x50").split("x"))
# In parts, so that several processes can share them.
PARTS = 4
EXAMPLES = {"sqlite": PROGRAMS // PARTS, "postgresql": PROGRAMS // PARTS // 10}


class ApiEqualsModel(AccountRules, TransactionRules, BatchRules, HoldRules, BalanceRules, ListRules):
    """One ledger, in the API and in the model."""

    @initialize()
    def begin_with_something_within_limits(self) -> None:
        self.open_account(CASH, "USD", CASH_LIMIT, None)
        self.post_transaction(Asked(((CASH, "USD", 75), ("equity:opening", "USD", -75))), None)

    def teardown(self) -> None:
        """Compare what the program left behind, and let the service judge it, too."""
        self.compare_accounts()
        # The others are in the lists, and have nothing pending.
        for path in {CASH, *self.books.holds.accounts()}:
            self.compare_account(path)
        self.compare_balances()
        self.compare_transactions({})
        self.compare_holds(None, None)
        verification = self.get("verify")
        assert verification["ok"], verification


@contextmanager
def served(database: Database) -> Iterator[type[ApiEqualsModel]]:
    """Give the machine an application on the database."""
    app = make_app(database, anew=True)
    try:
        yield type("ApiEqualsModelHere", (ApiEqualsModel,), {"app": app, "clock": Clock(app)})
    finally:
        close(app)


@pytest.mark.parametrize("part", range(PARTS))
def test_the_api_equals_the_model(database: Database, part: int) -> None:
    chosen = settings(
        max_examples=EXAMPLES[database.dialect],
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        print_blob=True,
        # Not to be explained: that would take many times as long as to find it.
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    with served(database) as machine:
        run_state_machine_as_test(machine, settings=chosen)


def test_a_limit_is_asked_of_what_a_transaction_moves_in_all_and_of_each_side_of_a_hold() -> None:
    books = Books(SCALES)
    books.accounts["assets:cash"] = Account("assets:cash", limits={"USD": (0, None)})
    there_and_back = (("assets:cash", "USD", -5), ("assets:cash", "USD", 5))
    assert books.to_post(there_and_back) == set()
    assert books.to_hold(there_and_back, None, None) == {"insufficient_funds"}
    assert net(there_and_back) == {("assets:cash", "USD"): 0}


@pytest.mark.parametrize(
    ("amount", "asset", "text"), [(-5, "USD", "-0.05"), (120, "JPY", "120"), (0, "USD", "0.00")]
)
def test_amounts_are_written_as_the_api_writes_them(amount: int, asset: str, text: str) -> None:
    assert written(amount, asset) == text
