"""What the rows of the route table have in common: addresses, parameters, and sets of refusals."""

from __future__ import annotations

LEDGER = "/v1/ledgers/{ledger}"
ACCOUNT = LEDGER + "/accounts/{path:.*}"
AMOUNTS = ("invalid_amount", "amount_out_of_range", "unknown_asset")
POSTING = (
    *AMOUNTS,
    "unbalanced",
    "unknown_account",
    "account_frozen",
    "account_closed",
    "insufficient_funds",
    "limit_exceeded",
    "reference_exists",
)

ENDING = ("hold_not_found", "hold_not_open", "hold_expired")
