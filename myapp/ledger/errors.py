"""The one tree of refusals. Each class has the stable `code` that clients see; HTTP maps it to a status."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar


class LedgerError(Exception):
    """A request that the books refuse; nothing of it is kept.

    `detail` is a sentence for people. `pointer` is a JSON pointer (RFC 6901) to the field at fault, and
    `members` are further facts for machines.
    """

    code: ClassVar[str] = "invalid_request"

    def __init__(self, detail: str, *, pointer: str | None = None, **members: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.pointer = pointer
        self.members: Mapping[str, Any] = members


class InvalidRequest(LedgerError):
    """A field is missing, unknown, or of the wrong kind."""

    code = "invalid_request"


class InvalidParameter(LedgerError):
    """A query parameter cannot be read."""

    code = "invalid_parameter"


class InvalidCursor(LedgerError):
    """A cursor is not one of ours, or belongs to another question."""

    code = "invalid_cursor"


class InvalidAmount(LedgerError):
    """An amount is no decimal string of the asset's precision, or is zero."""

    code = "invalid_amount"


class AmountOutOfRange(LedgerError):
    """An amount, or a total with open holds, does not fit into 64 bits of the asset's smallest unit."""

    code = "amount_out_of_range"


class Unbalanced(LedgerError):
    """The postings of an asset do not sum to zero."""

    code = "unbalanced"


class UnknownAsset(LedgerError):
    """An asset was never declared in this ledger."""

    code = "unknown_asset"


class UnknownAccount(LedgerError):
    """An account does not exist and may not, or cannot, be opened by a posting."""

    code = "unknown_account"


class InsufficientFunds(LedgerError):
    """A posting would take an account below its `min`."""

    code = "insufficient_funds"


class LimitExceeded(LedgerError):
    """A posting would take an account above its `max`."""

    code = "limit_exceeded"


class AccountFrozen(LedgerError):
    """The account takes no postings for now."""

    code = "account_frozen"


class AccountClosed(LedgerError):
    """The account takes no postings any more."""

    code = "account_closed"


class LedgerExists(LedgerError):
    """The ledger's name is taken."""

    code = "ledger_exists"


class AssetExists(LedgerError):
    """The asset is declared already."""

    code = "asset_exists"


class AccountExists(LedgerError):
    """The account is open already."""

    code = "account_exists"


class ReferenceExists(LedgerError):
    """Another transaction of the ledger has this reference."""

    code = "reference_exists"


class TransactionExists(LedgerError):
    """Another transaction has this id."""

    code = "transaction_exists"


class AlreadyReversed(LedgerError):
    """The transaction was reversed before; a reversal happens at most once."""

    code = "already_reversed"


class HoldNotOpen(LedgerError):
    """The hold was captured or voided before."""

    code = "hold_not_open"


class HoldExpired(LedgerError):
    """The hold's time is over; what it held is free again."""

    code = "hold_expired"


class CaptureExceedsHold(LedgerError):
    """More is to be captured of an account than the hold still holds there."""

    code = "capture_exceeds_hold"


class LedgerNotFound(LedgerError):
    """No such ledger, or none that the caller may see."""

    code = "ledger_not_found"


class AccountNotFound(LedgerError):
    """No such account in this ledger."""

    code = "account_not_found"


class TransactionNotFound(LedgerError):
    """No such transaction in this ledger."""

    code = "transaction_not_found"


class KeyNotFound(LedgerError):
    """No such API key, or none that the caller may see."""

    code = "not_found"


class HoldNotFound(LedgerError):
    """No such hold in this ledger."""

    code = "hold_not_found"


class IdempotencyKeyReused(LedgerError):
    """The key came before, with another request."""

    code = "idempotency_key_reused"


class IdempotencyInProgress(LedgerError):
    """The first request with this key has not ended yet."""

    code = "idempotency_in_progress"
