"""What books are made of, as read from somewhere: amounts in the smallest unit, times in UTC.

`line` tells refusals where it was read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from myapp.ledger.limits import Bounds


@dataclass(frozen=True, slots=True)
class KeptSettings:
    """The ledger itself, without its name."""

    line: int
    description: str | None
    strict_accounts: bool
    metadata: Mapping[str, str]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class KeptAsset:
    """An asset."""

    line: int
    code: str
    scale: int
    name: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class KeptAccount:
    """An account; `bounds` by asset, without any where there is but a balance that was never posted to."""

    line: int
    path: str
    type: str
    status: str
    bounds: Mapping[str, Bounds]
    metadata: Mapping[str, str]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class KeptPosting:
    """A posting with the balance and the version that it left behind."""

    account: str
    asset: str
    amount: int
    balance: int
    version: int

    @property
    def key(self) -> tuple[str, str]:
        """Return which balance it is about."""
        return self.account, self.asset


@dataclass(frozen=True, slots=True)
class KeptTransaction:
    """A transaction; `changed_metadata` and `changed_at` where its metadata was changed later."""

    line: int
    id: UUID
    kind: str
    description: str
    reference: str | None
    effective_at: datetime
    recorded_at: datetime
    actor: str
    metadata: Mapping[str, str]
    changed_metadata: Mapping[str, str] | None
    changed_at: datetime | None
    reverses: UUID | None
    postings: Sequence[KeptPosting]


@dataclass(frozen=True, slots=True)
class KeptHeld:
    """A posting of a hold; `remaining` is what of the amount is still held."""

    account: str
    asset: str
    amount: int
    remaining: int

    @property
    def key(self) -> tuple[str, str]:
        """Return which balance it is about."""
        return self.account, self.asset


@dataclass(frozen=True, slots=True)
class KeptHold:
    """A hold; `captures` are the transactions that captured it, in their order."""

    line: int
    id: UUID
    status: str
    description: str
    reference: str | None
    effective_at: datetime
    recorded_at: datetime
    actor: str
    metadata: Mapping[str, str]
    expires_at: datetime | None
    postings: Sequence[KeptHeld]
    captures: Sequence[UUID]


@dataclass(frozen=True, slots=True)
class Contents:
    """Whole books. Whatever is referred to is among them."""

    settings: KeptSettings
    assets: Sequence[KeptAsset]
    accounts: Sequence[KeptAccount]
    transactions: Sequence[KeptTransaction]
    holds: Sequence[KeptHold]
