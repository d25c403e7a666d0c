"""Accounts as a tree: each segment of their paths is a branch, with the sum of all that is below it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from myapp.ledger.views import AccountBalances

SEPARATOR = ":"


@dataclass(frozen=True, slots=True)
class Branch:
    """An account of the tree, or what several have in common; its balances count all that is below it."""

    path: str
    name: str
    level: int
    is_account: bool
    balances: Mapping[str, str]
    # Whether there is more below that is not shown here.
    goes_on: bool = False


def branches(found: Iterable[AccountBalances], paths: Collection[str], depth: int = 0) -> list[Branch]:
    """Return the branches of these accounts in the order of a tree.

    `paths` are accounts that have their branch even without balances; `depth` is how many of the first
    segments are no branches, because all accounts have them in common.
    """
    sums: dict[tuple[str, ...], dict[str, Decimal]] = defaultdict(dict)
    for path in paths:
        for steps in _ancestors(path, depth):
            sums[steps]
    for each in found:
        for steps in _ancestors(each.account, depth):
            for asset, amount in each.balances.items():
                sums[steps][asset] = sums[steps].get(asset, Decimal(0)) + Decimal(amount)
    return [_branch(steps, sums[steps], paths, depth) for steps in sorted(sums)]


def folded(each: AccountBalances, accounts: Mapping[str, bool]) -> Branch:
    """Return the branch of balances that were summed up already, on the first level.

    `accounts` tells which paths are accounts, each with whether there are accounts below it.
    """
    path = each.account
    name, goes_on = path.rpartition(SEPARATOR)[2], accounts.get(path, True)
    return Branch(path, name, 0, is_account=path in accounts, balances=each.balances, goes_on=goes_on)


def _ancestors(path: str, depth: int) -> list[tuple[str, ...]]:
    steps = tuple(path.split(SEPARATOR))
    return [steps[:length] for length in range(depth + 1, len(steps) + 1)]


def _branch(
    steps: tuple[str, ...], sums: Mapping[str, Decimal], paths: Collection[str], depth: int
) -> Branch:
    path = SEPARATOR.join(steps)
    written = {asset: f"{amount:f}" for asset, amount in sorted(sums.items())}
    return Branch(path, steps[-1], len(steps) - depth - 1, is_account=path in paths, balances=written)
