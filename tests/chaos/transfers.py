"""Random orders: mostly from one account to another, some of several legs, some in two assets at once."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from tests.chaos.records import EQUITY, SCALES, Leg, Order

ACCOUNTS = tuple(f"assets:bank:{number:02}" for number in range(24))
# Far above what one transfer takes, so that most succeed; on so few accounts some are refused all the same.
FUNDS_MINOR = {"USD": 20_000, "POINTS": 500}
TRANSFER_MINOR_MAX = {"USD": 6_000, "POINTS": 150}
LEGS_MAX = 6


def funding(account: str) -> Order:
    """Return the order that gives an account its money."""
    legs = []
    for asset in SCALES:
        legs += [Leg(account, asset, FUNDS_MINOR[asset]), Leg(EQUITY, asset, -FUNDS_MINOR[asset])]
    return Order(f"fund-{account}", tuple(legs))


def transfer(key: str, random: Random) -> Order:
    """Return a random order; about one in five moves more than two legs, one in ten both assets."""
    kind = random.random()
    if kind < 0.7:
        return Order(key, _moved("USD", 2, random))
    if kind < 0.9:
        return Order(key, _moved("USD", random.randint(3, LEGS_MAX), random))
    return Order(key, _moved("USD", 2, random) + _moved("POINTS", 2, random))


def _moved(asset: str, legs: int, random: Random) -> tuple[Leg, ...]:
    giver, *takers = random.sample(ACCOUNTS, legs)
    amounts = [random.randint(1, TRANSFER_MINOR_MAX[asset] // len(takers)) for _ in takers]
    gained = [Leg(taker, asset, amount) for taker, amount in zip(takers, amounts, strict=True)]
    return tuple(_shuffled([Leg(giver, asset, -sum(amounts)), *gained], random))


def _shuffled(legs: Sequence[Leg], random: Random) -> list[Leg]:
    return random.sample(legs, len(legs))
