"""What a client knows of its requests: what it asked for, and what it was told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from typing import Any, ClassVar

LEDGER = "bank"
BOOKS = f"/v1/ledgers/{LEDGER}"
TRANSACTIONS = f"{BOOKS}/transactions"
BATCHES = f"{TRANSACTIONS}/batch"
HOLDS = f"{BOOKS}/holds"
EQUITY = "equity:opening"
# Two assets with different scales: a batch of postings may move both.
SCALES = {"USD": 2, "POINTS": 0}
# What is counted apart among what was acknowledged.
KINDS = ("transfers", "batches", "holds", "captures", "voids")


class Verdict(Enum):
    """What the client may believe: KEPT is a success, NOTHING an answer that nothing was changed."""

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
class Request:
    """What a client asks for under one idempotency key, however often it is sent."""

    # What it is counted as, the status of its success, and the refusals that are decisions of the books.
    kind: ClassVar[str]
    accepted: ClassVar[int] = 201
    refusals: ClassVar[frozenset[str]] = frozenset({"insufficient_funds"})

    key: str
    verdict: Verdict = field(default=Verdict.IN_DOUBT, kw_only=True)
    attempts: int = field(default=0, kw_only=True)
    answer: dict[str, Any] | None = field(default=None, kw_only=True)

    @property
    def path(self) -> str:
        """Return where it is posted."""
        raise NotImplementedError

    def body(self) -> dict[str, Any]:
        """Return what is sent, the same each time."""
        raise NotImplementedError

    def transactions(self) -> list[dict[str, Any]]:
        """Return the transactions that its answer tells of."""
        raise NotImplementedError

    @property
    def answered_id(self) -> str | None:
        """Return the id of what it made."""
        return None if self.answer is None else str(self.answer["id"])


@dataclass
class Order(Request):
    """One transaction; an item of a batch may be without a key of its own."""

    kind = "transfers"

    legs: tuple[Leg, ...]
    is_keyed: bool = field(default=True, kw_only=True)

    @property
    def path(self) -> str:
        return TRANSACTIONS

    def body(self) -> dict[str, Any]:
        """Return what is sent; the description carries the key, so a doubled transaction shows itself."""
        return {"postings": postings_of(self.legs), "description": self.key}

    def transactions(self) -> list[dict[str, Any]]:
        return [] if self.answer is None else [self.answer]


def _none_yet() -> Counter[str]:
    # With every kind from the beginning: others add it up while its client counts.
    return Counter(dict.fromkeys(KINDS, 0))


@dataclass
class Record:
    """What one client did and saw; only its own thread writes to it."""

    requests: list[Request] = field(default_factory=list)
    breaches: list[str] = field(default_factory=list)
    reads: int = 0
    acknowledged: Counter[str] = field(default_factory=_none_yet)
    unanswered: int = 0


def merged(records: Iterable[Record]) -> Record:
    """Return the records of all clients as one."""
    total = Record()
    for each in records:
        total.requests += each.requests
        total.breaches += each.breaches
        total.reads += each.reads
        total.acknowledged.update(each.acknowledged)
        total.unanswered += each.unanswered
    return total


def postings_of(legs: Iterable[Leg]) -> list[dict[str, str]]:
    """Return postings as the contract writes them."""
    return [
        {"account": leg.account, "asset": leg.asset, "amount": as_text(leg.amount_minor, SCALES[leg.asset])}
        for leg in legs
    ]


def as_text(amount_minor: int, scale: int) -> str:
    """Return an amount as the contract writes it."""
    return f"{Decimal(amount_minor).scaleb(-scale):f}"


def as_minor(text: str, scale: int) -> int:
    """Return the amount of a decimal string in the smallest unit."""
    return int(Decimal(text).scaleb(scale))
