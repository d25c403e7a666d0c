"""The shapes of answers that the books have no view for: pages of lists, links, problem documents."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Generic, TypeVar

from msgspec import UNSET, Struct, UnsetType

from myapp.ledger.reports.sections import Section
from myapp.ledger.views import AccountBalances, StatementLine, TransactionView

Item = TypeVar("Item")


class ListOf(Struct, Generic[Item], frozen=True):
    """A page of a list; `next` is the cursor of the following one, null on the last."""

    data: list[Item]
    next: str | None


class BalanceList(Struct, frozen=True):
    """A page of balances; `totals` are those of the whole selection."""

    data: list[AccountBalances]
    totals: dict[str, str]
    next: str | None


class Statement(Struct, frozen=True):
    """A page of the statement of an account in an asset, with the balances at both ends of its range."""

    account: str
    asset: str
    opening_balance: str
    data: list[StatementLine]
    closing_balance: str
    next: str | None


class IncomeStatement(Struct, frozen=True, rename={"start": "from"}):
    """Income and expenses that took effect within a period, as known at a recorded time."""

    start: datetime | None
    to: datetime | None
    known_at: datetime | None
    sections: list[Section]
    net_income: dict[str, str]


class BatchResult(Struct, frozen=True):
    """What became of one item: a transaction, or the problem document of its refusal."""

    status: int
    transaction: TransactionView | UnsetType = UNSET
    problem: Problem | UnsetType = UNSET


class Batch(Struct, frozen=True):
    """What became of the items, in their order."""

    results: list[BatchResult]


class AccountSummary(Struct, frozen=True):
    """An account without its balances."""

    path: str
    type: str
    normal_side: str
    status: str
    limits: Mapping[str, Mapping[str, str]]
    metadata: Mapping[str, str]
    created_at: datetime


class Root(Struct, frozen=True):
    """The name and the version of the service, and where to go from here."""

    name: str
    version: str
    links: dict[str, str]


class Fault(Struct, frozen=True):
    """A field at fault; `pointer` is a JSON pointer (RFC 6901) into the request's body."""

    pointer: str
    message: str


class Problem(Struct, frozen=True):
    """Why a request was refused (RFC 9457); programs go by `code`, and `detail` is for people."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    request_id: str
    errors: list[Fault] | UnsetType = UNSET
    parameter: str | UnsetType = UNSET
    allow: list[str] | UnsetType = UNSET
    account: str | UnsetType = UNSET
    asset: str | UnsetType = UNSET
    limit: str | UnsetType = UNSET
    available: str | UnsetType = UNSET
    requested: str | UnsetType = UNSET
    index: int | UnsetType = UNSET
    line: int | UnsetType = UNSET
