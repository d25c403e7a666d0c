"""What a client asks to post, before and after it was checked.

They are named tuples: a batch makes hundreds, and a frozen dataclass takes twice as long to make. Structs
would be as quick, but the rules, which take these, are made of the standard library alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple
from uuid import UUID

_NO_METADATA: Mapping[str, str] = MappingProxyType({})


class AssetDraft(NamedTuple):
    """One asset as asked; `scale` is its number of decimals."""

    code: str
    scale: int
    name: str | None = None


class PostingDraft(NamedTuple):
    """One posting as asked: `amount` is a decimal string in the asset's unit."""

    account: str
    asset: str
    amount: str


class TransactionDraft(NamedTuple):
    """One transaction as asked. Times are aware UTC; `effective_at` None means now."""

    postings: tuple[PostingDraft, ...]
    description: str = ""
    reference: str | None = None
    effective_at: datetime | None = None
    metadata: Mapping[str, str] = _NO_METADATA


class ReversalDraft(NamedTuple):
    """A reversal as asked; without a description it says what it reverses, `effective_at` None means now."""

    description: str | None = None
    effective_at: datetime | None = None
    metadata: Mapping[str, str] = _NO_METADATA


class CaptureDraft(NamedTuple):
    """A capture as asked: all that is held where `postings` is None; the rest is let go if it is final."""

    postings: tuple[PostingDraft, ...] | None = None
    is_final: bool = True
    effective_at: datetime | None = None


class EntryPosting(NamedTuple):
    """One posting as checked: `amount_minor` is a non-zero integer of the smallest unit, debit positive."""

    account: str
    asset: str
    amount_minor: int


class Entry(NamedTuple):
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
