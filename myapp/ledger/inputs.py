"""What one write is given: the rows of its balances, transactions, postings, days, months and keys."""

from __future__ import annotations

from myapp.ledger.sources import Source
from myapp.ledger.types import Id, Instant, Int64, SortedText

BALANCES = Source(
    "b",
    {
        "number": Int64,
        "path": SortedText,
        "asset": SortedText,
        "debits": Int64,
        "credits": Int64,
        "postings": Int64,
        "lowest": Int64,
        "highest": Int64,
    },
)
TRANSACTIONS = Source(
    "t",
    {
        "number": Int64,
        "id": Id(),
        "kind": SortedText,
        "description": SortedText,
        "reference": SortedText,
        "effective_at": Instant(),
        "recorded_at": Instant(),
        "actor": SortedText,
        "metadata": SortedText,
        "reverses": Id(),
    },
)
POSTINGS = Source(
    "p",
    {
        "number": Int64,
        "txn_number": Int64,
        "position": Int64,
        "amount": Int64,
        "later": Int64,
        "remaining_debits": Int64,
        "remaining_credits": Int64,
        "day": Int64,
        "later_day_debits": Int64,
        "later_day_credits": Int64,
        "month": Int64,
        "later_month_debits": Int64,
        "later_month_credits": Int64,
    },
)
_TOTALS = {
    "number": Int64,
    "period": Int64,
    "debits": Int64,
    "credits": Int64,
    "after_first": Int64,
    "after_last": Int64,
}
DAYS, MONTHS = Source("d", _TOTALS), Source("m", _TOTALS)
KEYS = Source("k", {"key": SortedText, "fingerprint": SortedText, "status": Int64, "txn_id": Id()})
