"""What a write is asked to claim, and what became of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from myapp.ledger.plan import Plan


class Claim(Struct, frozen=True):
    """An idempotency key with the fingerprint of its request, and the transaction that answers it."""

    key: str
    fingerprint: str
    txn_id: UUID | None
    status: int = 201


class BalanceAfter(Struct, frozen=True):
    """A balance row just after the write, in the smallest unit."""

    debits: int
    credits: int
    version: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the database did. `unknown` are numbers of balances whose account does not exist."""

    unknown: frozenset[int]
    claimed: bool
    balances: Mapping[int, BalanceAfter]
    recorded_at: Mapping[UUID, datetime]

    def refused(self, plan: Plan) -> tuple[int, ...]:
        """Return the numbers of the balances that refused: limits, or an account that is not open."""
        return tuple(each.number for each in plan.balances if each.number not in self.balances)


def recorded_at(plan: Plan, now: datetime, missing: Collection[UUID]) -> dict[UUID, datetime]:
    """Return when each transaction was recorded: at the write's moment, unless it brought its own time."""
    return {each.id: each.recorded_at or now for each in plan.entries if each.id not in missing}
