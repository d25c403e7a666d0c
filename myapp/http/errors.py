"""The refusals that HTTP adds to those of the books, and the one table from code to status."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from myapp.ledger.errors import LedgerError


class MalformedJson(LedgerError):
    """The body is no JSON: not UTF-8, not well-formed, or with a duplicate key."""

    code = "malformed_json"


class Unauthenticated(LedgerError):
    """No key, or none that is valid."""

    code = "unauthenticated"


class Forbidden(LedgerError):
    """The key's scopes do not allow it."""

    code = "forbidden"


class NotFound(LedgerError):
    """There is nothing at this address."""

    code = "not_found"


class MethodNotAllowed(LedgerError):
    """The address does not know this method; `allow` lists those it does."""

    code = "method_not_allowed"


class NotAcceptable(LedgerError):
    """The client accepts none of the types that could be answered."""

    code = "not_acceptable"


class BodyTooLarge(LedgerError):
    """The body is larger than this address takes."""

    code = "body_too_large"


class UnsupportedMediaType(LedgerError):
    """The body is of a type that this address does not read."""

    code = "unsupported_media_type"


class RateLimited(LedgerError):
    """The key has sent more requests than it may; `Retry-After` says when to go on."""

    code = "rate_limited"

    def __init__(self, detail: str, *, retry_after_s: float = 1.0, **more: Any) -> None:
        super().__init__(detail, **more)
        self.retry_after_s = retry_after_s


class Unavailable(LedgerError):
    """The service cannot answer now: the database is down, the pool exhausted, the retries spent."""

    code = "unavailable"


class InternalError(LedgerError):
    """A defect of ours; the log has the rest, under the request's id."""

    code = "internal_error"


STATUS: Mapping[str, int] = {
    "malformed_json": 400,
    "invalid_cursor": 400,
    "invalid_parameter": 400,
    "unauthenticated": 401,
    "forbidden": 403,
    "not_found": 404,
    "ledger_not_found": 404,
    "account_not_found": 404,
    "transaction_not_found": 404,
    "hold_not_found": 404,
    "method_not_allowed": 405,
    "not_acceptable": 406,
    "ledger_exists": 409,
    "asset_exists": 409,
    "account_exists": 409,
    "reference_exists": 409,
    "transaction_exists": 409,
    "already_reversed": 409,
    "account_frozen": 409,
    "account_closed": 409,
    "hold_not_open": 409,
    "hold_expired": 409,
    "idempotency_in_progress": 409,
    "body_too_large": 413,
    "unsupported_media_type": 415,
    "invalid_request": 422,
    "invalid_amount": 422,
    "amount_out_of_range": 422,
    "unbalanced": 422,
    "unknown_asset": 422,
    "unknown_account": 422,
    "insufficient_funds": 422,
    "limit_exceeded": 422,
    "capture_exceeds_hold": 422,
    "idempotency_key_reused": 422,
    "rate_limited": 429,
    "internal_error": 500,
    "unavailable": 503,
}
