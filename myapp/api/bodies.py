"""The shapes of request bodies, as the contract gives them; unknown fields are refused."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Raw, Struct, field

from myapp.ledger.batches import ITEMS_MAX

# More than there are currencies; beyond it a body of a mebibyte would be a statement of 100,000 values.
ASSETS_MAX = 500


class AssetBody(Struct, forbid_unknown_fields=True, frozen=True):
    """A new asset; `scale` is its number of decimals."""

    code: str
    scale: int
    name: str | None = None


class LedgerBody(Struct, forbid_unknown_fields=True, frozen=True):
    """A new ledger."""

    name: str
    description: str | None = None
    strict_accounts: bool = False
    assets: Annotated[list[AssetBody], Meta(max_length=ASSETS_MAX)] = field(default_factory=list)
    metadata: dict[str, str] = field(default_factory=dict)


class LedgerChange(Struct, forbid_unknown_fields=True, frozen=True):
    """A change of a ledger; null removes a metadata key."""

    description: str | None = None
    strict_accounts: bool | None = None
    metadata: dict[str, str | None] | None = None


class LimitsBody(Struct, forbid_unknown_fields=True, frozen=True):
    """Limits of the normal balance, as decimal strings."""

    min: str | None = None
    max: str | None = None


class AccountBody(Struct, forbid_unknown_fields=True, frozen=True):
    """A new account."""

    path: str
    type: str | None = None
    limits: Annotated[dict[str, LimitsBody], Meta(max_length=ASSETS_MAX)] = field(default_factory=dict)
    metadata: dict[str, str] = field(default_factory=dict)


class AccountChange(Struct, forbid_unknown_fields=True, frozen=True):
    """A change of an account; an asset's null limits are removed, null removes a metadata key."""

    limits: Annotated[dict[str, LimitsBody | None], Meta(max_length=ASSETS_MAX)] | None = None
    status: str | None = None
    metadata: dict[str, str | None] | None = None


class PostingBody(Struct, forbid_unknown_fields=True, frozen=True):
    """A posting; a positive amount is a debit."""

    account: str
    asset: str
    amount: str


class TransactionBody(Struct, forbid_unknown_fields=True, frozen=True):
    """A new transaction."""

    postings: list[PostingBody]
    description: str | None = None
    reference: str | None = None
    effective_at: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)


class ReversalBody(Struct, forbid_unknown_fields=True, frozen=True):
    """A reversal; what is left out is told by what it reverses, and the body may be left out whole."""

    description: str | None = None
    effective_at: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)


class HoldBody(TransactionBody, forbid_unknown_fields=True, frozen=True):
    """A new hold: a transaction's fields, and when it is over by itself."""

    expires_at: str | None = None


class CaptureBody(Struct, forbid_unknown_fields=True, frozen=True):
    """A capture: of everything without `postings`; what is left is let go, unless it is not final."""

    postings: list[PostingBody] | None = None
    final: bool = True
    effective_at: str | None = None


class VoidBody(Struct, forbid_unknown_fields=True, frozen=True):
    """Nothing: a hold is voided whole."""


class BatchItem(TransactionBody, forbid_unknown_fields=True, frozen=True):
    """A transaction of a batch, with its own idempotency key."""

    idempotency_key: str | None = None


class BatchBody(Struct, forbid_unknown_fields=True, frozen=True):
    """Many transactions. Each is read as a `BatchItem` by itself, so that it can be refused by itself."""

    mode: Literal["atomic", "each"]
    transactions: Annotated[list[Raw], Meta(min_length=1, max_length=ITEMS_MAX)]


class MetadataChange(Struct, forbid_unknown_fields=True, frozen=True):
    """A change of metadata; null removes a key."""

    metadata: dict[str, str | None]


class KeyBody(Struct, forbid_unknown_fields=True, frozen=True):
    """A new API key, for one ledger or, without one, for all."""

    name: str
    scopes: list[str]
    ledger: str | None = None
    expires_at: str | None = None
