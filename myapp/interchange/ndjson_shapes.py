"""The lines of our own format: one JSON object each, told apart by `record`, everything a ledger has.

Amounts are decimal strings in the asset's unit, times RFC 3339. An unknown field is refused: a reader that
left out what it does not know would not be lossless.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

VERSION = 1
Time = Annotated[datetime, Meta(tz=True)]


class Line(Struct, frozen=True, forbid_unknown_fields=True, tag_field="record"):
    """Any line."""


class Header(Line, frozen=True, forbid_unknown_fields=True, tag="myapp-ledger"):
    """The first line: that this is our format, and its version."""

    version: int


class LedgerLine(Line, frozen=True, forbid_unknown_fields=True, tag="ledger"):
    """The ledger, without its name: books may move to a ledger of another one."""

    description: str | None
    strict_accounts: bool
    metadata: dict[str, str]
    created_at: Time


class AssetLine(Line, frozen=True, forbid_unknown_fields=True, tag="asset"):
    """An asset."""

    code: str
    scale: int
    name: str | None
    created_at: Time


class Bounds(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The limits of one asset, on the account's normal side."""

    min: str | None = None
    max: str | None = None


class AccountLine(Line, frozen=True, forbid_unknown_fields=True, tag="account"):
    """An account; `limits` has an asset without bounds where a balance was made before its first posting."""

    path: str
    type: str
    status: str
    limits: dict[str, Bounds]
    metadata: dict[str, str]
    created_at: Time


class PostingPart(Struct, frozen=True, forbid_unknown_fields=True):
    """A posting, with the balance and the version that it left behind."""

    account: str
    asset: str
    amount: str
    balance: str
    version: int


class ChangePart(Struct, frozen=True, forbid_unknown_fields=True):
    """The metadata as it was changed later, and when that was done last."""

    metadata: dict[str, str]
    changed_at: Time


class TransactionLine(Line, frozen=True, forbid_unknown_fields=True, tag="transaction"):
    """A transaction; `metadata` as first recorded, `change` what became of it."""

    id: UUID
    kind: str
    description: str
    reference: str | None
    effective_at: Time
    recorded_at: Time
    actor: str
    metadata: dict[str, str]
    change: ChangePart | None
    reverses: UUID | None
    postings: list[PostingPart]


class HeldPart(Struct, frozen=True, forbid_unknown_fields=True):
    """A posting of a hold, and what of it is still held."""

    account: str
    asset: str
    amount: str
    remaining: str


class HoldLine(Line, frozen=True, forbid_unknown_fields=True, tag="hold"):
    """A hold; `captures` are the transactions that captured it, in their order."""

    id: UUID
    status: str
    description: str
    reference: str | None
    effective_at: Time
    recorded_at: Time
    actor: str
    metadata: dict[str, str]
    expires_at: Time | None
    postings: list[HeldPart]
    captures: list[UUID]


class EndLine(Line, frozen=True, forbid_unknown_fields=True, tag="end"):
    """The last line, by which a file that was cut off is known; `records` counts those before it."""

    records: int


AnyLine = Header | LedgerLine | AssetLine | AccountLine | TransactionLine | HoldLine | EndLine
