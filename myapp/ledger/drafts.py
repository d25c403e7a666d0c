"""What a client asks to post, before and after it was checked.

They are Structs, of which a batch makes hundreds: a frozen dataclass takes ten times as long to make.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from msgspec import Struct


class AssetDraft(Struct, frozen=True):
    """One asset as asked; `scale` is its number of decimals."""

    code: str
    scale: int
    name: str | None = None


class PostingDraft(Struct, frozen=True):
    """One posting as asked: `amount` is a decimal string in the asset's unit."""

    account: str
    asset: str
    amount: str


class TransactionDraft(Struct, frozen=True):
    """One transaction as asked. Times are aware UTC; `effective_at` None means now."""

    postings: tuple[PostingDraft, ...]
    description: str = ""
    reference: str | None = None
    effective_at: datetime | None = None
    metadata: Mapping[str, str] = {}


class ReversalDraft(Struct, frozen=True):
    """A reversal as asked; without a description it says what it reverses, `effective_at` None means now."""

    description: str | None = None
    effective_at: datetime | None = None
    metadata: Mapping[str, str] = {}


class CaptureDraft(Struct, frozen=True):
    """A capture as asked: all that is held where `postings` is None; the rest is let go if it is final."""

    postings: tuple[PostingDraft, ...] | None = None
    is_final: bool = True
    effective_at: datetime | None = None


class EntryPosting(Struct, frozen=True):
    """One posting as checked: `amount_minor` is a non-zero integer of the smallest unit, debit positive."""

    account: str
    asset: str
    amount_minor: int


class Entry(Struct, frozen=True):
    """One transaction as checked: balanced per asset, in range, ready to be written."""

    id: UUID
    postings: tuple[EntryPosting, ...]
    description: str
    reference: str | None
    effective_at: datetime
    metadata: Mapping[str, str]
    kind: str = "transaction"
    actor: str = "system"
    reverses: UUID | None = None
    # None lets the database tell the time; only a lossless import brings its own.
    recorded_at: datetime | None = None
