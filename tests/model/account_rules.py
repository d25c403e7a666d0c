"""Rules about accounts: open them, bound them, freeze and close them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.model.books import Account, Bounds
from tests.model.drawing import NAMELESS, bounds, keys, known_assets, paths
from tests.model.machine import Machine
from tests.model.spelling import limits_sent


class AccountRules(Machine):
    """What is done to accounts."""

    @rule(path=paths, asset=known_assets, limit=bounds, key=keys)
    def open_account(self, path: str, asset: str, limit: Bounds, key: str | None) -> None:
        foretold = crossed(limit) | ({"account_exists"} if path in self.books.accounts else set())
        foretold |= {"invalid_request"} if path == NAMELESS else set()
        body = {"path": path, "limits": {asset: limits_sent(limit, asset)}}
        if self.post("accounts", body, foretold, key):
            self.books.accounts[path] = Account(path, limits={asset: limit})

    @precondition(lambda self: self.books.accounts)
    @rule(data=st.data(), asset=known_assets, limit=bounds)
    def set_limits(self, data: Any, asset: str, limit: Bounds) -> None:
        account = self.any_account(data)
        limits = {**account.limits, asset: limit}
        body = {"limits": {asset: limits_sent(limit, asset)}}
        self._change(replace(account, limits=limits), body, crossed(limit))

    @precondition(lambda self: self.books.accounts)
    @rule(data=st.data(), status=st.sampled_from([*["open"] * 5, "frozen", "closed"]))
    def set_status(self, data: Any, status: str) -> None:
        self._change(replace(self.any_account(data), status=status), {"status": status}, set())

    def any_account(self, data: Any) -> Account:
        return self.books.accounts[data.draw(st.sampled_from(sorted(self.books.accounts)))]

    def _change(self, account: Account, body: dict[str, Any], foretold: set[str]) -> None:
        if self.change(f"accounts/{account.path}", body, foretold):
            self.books.accounts[account.path] = account


def crossed(limit: Bounds) -> set[str]:
    """Return the code that refuses a `min` above the `max`."""
    lowest, highest = limit
    return {"invalid_request"} if lowest is not None and highest is not None and lowest > highest else set()
