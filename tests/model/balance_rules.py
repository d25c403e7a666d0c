"""Rules about what accounts have: now, on both time axes, narrowed and rolled up."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.model import past
from tests.model.drawing import assets, bound_times, depths, prefixes
from tests.model.legs import Key, net
from tests.model.machine import Machine
from tests.model.past import Times
from tests.model.spelling import SCALES, limits_sent, query, written


class BalanceRules(Machine):
    """Balances, account by account and in lists."""

    @rule(data=st.data(), prefix=prefixes, depth=depths, asset=st.none() | assets)
    def look_at_balances(self, data: Any, prefix: str, depth: int | None, asset: str | None) -> None:
        self.compare_balances(data.draw(bound_times(self.books)), prefix, depth, asset)

    @precondition(lambda self: self.books.accounts)
    @rule(data=st.data())
    def look_at_an_account(self, data: Any) -> None:
        path = data.draw(st.sampled_from(sorted(self.books.accounts)))
        self.compare_account(path, data.draw(bound_times(self.books)))

    def compare_balances(
        self,
        times: Times = past.NOW,
        prefix: str | None = None,
        depth: int | None = None,
        asset: str | None = None,
    ) -> None:
        narrowed = query(prefix=prefix, depth=depth, asset=asset, **times._asdict())
        answer = self.get(f"balances?limit=500{narrowed}")
        chosen = {
            key: amount
            for key, amount in past.balances(self.books, times).items()
            if key[0].startswith(prefix or "") and asset in (None, key[1])
        }
        named = chosen if depth is None else past.rolled_up(chosen, depth)
        totals = net(("", asset, amount) for (_, asset), amount in chosen.items())
        assert shown(answer["data"]) == {key: written(amount, key[1]) for key, amount in named.items()}
        assert answer["totals"] == {asset: written(amount, asset) for (_, asset), amount in totals.items()}

    def compare_account(self, path: str, times: Times = past.NOW) -> None:
        answer = self.get(f"accounts/{path}?{query(**times._asdict())}")
        account = self.books.accounts[path]
        limits = {asset: limits_sent(limit, asset) for asset, limit in account.limits.items()}
        expected = (account.path, account.status, {asset: each for asset, each in limits.items() if each})
        assert (answer["path"], answer["status"], answer["limits"]) == expected
        for asset in SCALES:
            # An asset that never moved there may be left out.
            found = answer["balances"].get(asset, spelled(dict.fromkeys(AMOUNTS, 0), asset, 0))
            amounts = past.amounts(self.books, path, asset, times)
            assert found == spelled(amounts, asset, past.version(self.books, (path, asset), times))


AMOUNTS = (
    "balance", "normal_balance", "available", "debits", "credits", "pending_debits", "pending_credits",
)  # fmt: skip


def spelled(amounts: dict[str, int], asset: str, version: int) -> dict[str, Any]:
    return {name: written(amount, asset) for name, amount in amounts.items()} | {"version": version}


def shown(data: list[dict[str, Any]]) -> dict[Key, str]:
    """Return listed balances by account and asset."""
    return {(each["account"], asset): amount for each in data for asset, amount in each["balances"].items()}
