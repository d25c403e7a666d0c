"""What a client knows of its requests: what it asked for, and what it was told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from typing import Any

LEDGER = "bank"
EQUITY = "equity:opening"
# Two assets with different scales: a batch of postings may move both.
SCALES = {"USD": 2, "POINTS": 0}


class Verdict(Enum):
    """What the client may believe: KEPT is a 201, NOTHING an answer that nothing was changed."""

    KEPT = "kept"
    NOTHING = "nothing"
    IN_DOUBT = "in doubt"


@dataclass(frozen=True)
class Leg:
    """One posting, in the smallest unit; positive is a debit."""

    account: str
    asset: str
    amount_minor: int


@dataclass
class Order:
    """One transaction that a client wants, under one idempotency key, however often it is sent."""

    key: str
    legs: tuple[Leg, ...]
    verdict: Verdict = Verdict.IN_DOUBT
    attempts: int = 0
    answer: dict[str, Any] | None = None

    @property
    def txn_id(self) -> str | None:
        return None if self.answer is None else str(self.answer["id"])

    def body(self) -> dict[str, Any]:
        """Return what is sent; the description carries the key, so a doubled transaction shows itself."""
        postings = [
            {
                "account": leg.account,
                "asset": leg.asset,
                "amount": as_text(leg.amount_minor, SCALES[leg.asset]),
            }
            for leg in self.legs
        ]
        return {"postings": postings, "description": self.key}


@dataclass
class Record:
    """What one client did and saw; only its own thread writes to it."""

    orders: list[Order] = field(default_factory=list)
    breaches: list[str] = field(default_factory=list)
    reads: int = 0
    acknowledged: int = 0
    unanswered: int = 0


def merged(records: Iterable[Record]) -> Record:
    """Return the records of all clients as one."""
    total = Record()
    for each in records:
        total.orders += each.orders
        total.breaches += each.breaches
        total.reads += each.reads
        total.acknowledged += each.acknowledged
        total.unanswered += each.unanswered
    return total


def as_text(amount_minor: int, scale: int) -> str:
    """Return an amount as the contract writes it."""
    return f"{Decimal(amount_minor).scaleb(-scale):f}"


def as_minor(text: str, scale: int) -> int:
    """Return the amount of a decimal string in the smallest unit."""
    return int(Decimal(text).scaleb(scale))
