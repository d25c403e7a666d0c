"""What the books answer: frozen values with decimal strings, ready to be encoded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from msgspec import Struct

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """A page of a list; `next_key` is where the next one starts, None on the last."""

    items: Sequence[Item]
    next_key: tuple[Any, ...] | None


@dataclass(frozen=True, slots=True)
class LedgerView:
    """A set of books."""

    name: str
    description: str | None
    strict_accounts: bool
    metadata: Mapping[str, str]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class AssetView:
    """An asset; `scale` is its number of decimals."""

    code: str
    scale: int
    name: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class BalanceView:
    """One asset on one account. `balance` is debits minus credits, `normal_balance` on the normal side."""

    balance: str
    normal_balance: str
    available: str
    debits: str
    credits: str
    pending_debits: str
    pending_credits: str
    version: int


@dataclass(frozen=True, slots=True)
class AccountView:
    """An account; `balances` is None where it was not asked for."""

    path: str
    type: str
    normal_side: str
    status: str
    limits: Mapping[str, Mapping[str, str]]
    metadata: Mapping[str, str]
    created_at: datetime
    balances: Mapping[str, BalanceView] | None


class PostingView(Struct, frozen=True):
    """One posting, with the balance and the version that it left behind."""

    account: str
    asset: str
    amount: str
    balance: str
    version: int


class TransactionView(Struct, frozen=True):
    """A transaction with its postings, in the order in which they were sent."""

    id: UUID
    ledger: str
    kind: str
    description: str
    reference: str | None
    effective_at: datetime
    recorded_at: datetime
    actor: str
    metadata: Mapping[str, str]
    reverses: UUID | None
    reversed_by: UUID | None
    postings: Sequence[PostingView]


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One posting of a statement; `balance` counts it and all before it in effective order."""

    transaction_id: UUID
    effective_at: datetime
    recorded_at: datetime
    description: str
    amount: str
    balance: str


@dataclass(frozen=True, slots=True)
class StatementView:
    """A page of the statement of an account in an asset, with the balances at both ends of its range."""

    account: str
    asset: str
    opening_balance: str
    closing_balance: str
    page: Page[StatementLine]


@dataclass(frozen=True, slots=True)
class AccountBalances:
    """The balances of one account, or of one ancestor with all below it."""

    account: str
    balances: Mapping[str, str]
