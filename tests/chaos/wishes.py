"""What a client wants next: mostly a transfer, now and then a batch, a hold, or the end of one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

from tests.chaos.batching import Batch
from tests.chaos.holding import Board, Capture, Hold, Void
from tests.chaos.records import Leg, Request
from tests.chaos.transfers import transfer

TRANSFERS, BATCHES = 0.78, 0.10
ITEMS_MAX = 4
# Some end before anybody comes to capture them, others while somebody tries.
EXPIRES = 0.3
EXPIRES_AFTER_S = (0.2, 2.0)


def wish(key: str, random: Random, board: Board) -> Request:
    """Return a request; one that ends a hold takes it from the board."""
    draw = random.random()
    if draw < TRANSFERS:
        return transfer(key, random)
    if draw < TRANSFERS + BATCHES:
        return batch(key, random)
    hold = board.take()
    return place(key, random) if hold is None else end(key, hold, random)


def batch(key: str, random: Random) -> Batch:
    """Return a batch of some transfers, every other one with keys of their own."""
    is_keyed = random.random() < 0.5
    items = [transfer(f"{key}/{number}", random) for number in range(random.randint(2, ITEMS_MAX))]
    return Batch(key, tuple(replace(item, is_keyed=is_keyed) for item in items))


def place(key: str, random: Random) -> Hold:
    """Return a hold on what a transfer would move."""
    legs = transfer(key, random).legs
    if random.random() >= EXPIRES:
        return Hold(key, legs)
    end_at = datetime.now(UTC) + timedelta(seconds=random.uniform(*EXPIRES_AFTER_S))
    return Hold(key, legs, expires_at=end_at.isoformat())


def end(key: str, hold: Hold, random: Random) -> Request:
    """Return the capture of all or of a part, or the void."""
    draw = random.random()
    if draw < 0.4:
        return Capture(key, hold)
    if draw < 0.7:
        return Void(key, hold)
    return Capture(key, hold, _half_of_the_first_pair(hold), is_final=draw < 0.85)


def _half_of_the_first_pair(hold: Hold) -> tuple[Leg, ...]:
    giver = next(leg for leg in hold.legs if leg.amount_minor < 0)
    taker = next(leg for leg in hold.legs if leg.amount_minor > 0 and leg.asset == giver.asset)
    amount = max(1, taker.amount_minor // 2)
    return replace(taker, amount_minor=amount), replace(giver, amount_minor=-amount)
