"""The legs of a transaction or a hold: account, asset, and an amount of the smallest unit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

Leg = tuple[str, str, int]
Legs = tuple[Leg, ...]
Key = tuple[str, str]


def net(legs: Iterable[Leg]) -> dict[Key, int]:
    """Return the sum of the legs by account and asset."""
    sums: dict[Key, int] = defaultdict(int)
    for path, asset, amount in legs:
        sums[path, asset] += amount
    return dict(sums)
