"""What is known of a field beyond its type: its meaning, and the values that it takes.

Looked up by `Shape.field`, then by the field's name alone; what a body brings, in `SENT_FIELDS` first.
Nothing here is enforced: the rules of the books are, and tests hold requests and answers against this.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from myapp.api import patterns
from myapp.api.sent_fields import SENT_FIELDS
from myapp.ledger.holds.views import STATUSES
from myapp.ledger.money import SCALE_MAX
from myapp.ledger.rules import ACCOUNT_STATUSES, ACCOUNT_TYPES

_AMOUNT = patterns.SHOWN_AMOUNT
_STORED_METADATA = {"description": "Texts by key; at most 50."}

FIELDS: Mapping[str, Mapping[str, Any]] = {
    "amount": {"description": "Positive is a debit, negative a credit.", "examples": ["12.50"], **_AMOUNT},
    "min": {"description": "The least that the normal balance may be.", **_AMOUNT},
    "max": {"description": "The most that the normal balance may be.", **_AMOUNT},
    "balance": {"description": "Debits minus credits.", **_AMOUNT},
    "PostingView.balance": {"description": "Debits minus credits, this posting included.", **_AMOUNT},
    "StatementLine.balance": {"description": "This posting and all before it in effective order.", **_AMOUNT},
    "opening_balance": {"description": "The balance just before the range.", **_AMOUNT},
    "closing_balance": {"description": "The balance at the end of the range.", **_AMOUNT},
    "transaction_id": {"description": "The transaction that the posting belongs to."},
    "ok": {"description": "Whether nothing is wrong."},
    "checks": {"description": "What each check found."},
    "checked": {"description": "How many rows were looked at."},
    "problem_count": {"description": "How many rows are wrong."},
    "problems": {"description": "The first hundred of them."},
    "table": {"description": "The table that the row is in."},
    "key": {"description": "What tells the row from the others of its table."},
    "expected": {"description": "What it should say, as follows from the rest."},
    "found": {"description": "What it says."},
    "normal_balance": {"description": "The balance, positive on the account's normal side.", **_AMOUNT},
    "available": {"description": "The normal balance less what open holds would take out.", **_AMOUNT},
    "debits": {"description": "The sum of all debits.", **_AMOUNT},
    "credits": {"description": "The sum of all credits.", **_AMOUNT},
    "pending_debits": {"description": "The debits that open holds would make.", **_AMOUNT},
    "pending_credits": {"description": "The credits that open holds would make.", **_AMOUNT},
    "version": {"description": "Grows by one with each posting to the account in this asset."},
    "Root.version": {"description": "The version of the service."},
    "account": {"description": "The account's path."},
    "asset": {"description": "The asset's code."},
    "code": {"description": "Up to 32 printable characters, no space and no quote."},
    "Problem.code": {"description": "The stable name of the refusal."},
    "scale": {"description": "The number of decimals.", "minimum": 0, "maximum": SCALE_MAX},
    "type": {"description": "The kind of account.", "enum": list(ACCOUNT_TYPES)},
    "status": {"description": "Only an open account takes postings.", "enum": list(ACCOUNT_STATUSES)},
    "path": {"description": "Segments joined by colons."},
    "normal_side": {"description": "The side on which the account grows.", "enum": ["debit", "credit"]},
    "limits": {"description": "Bounds of the normal balance by asset."},
    "metadata": _STORED_METADATA,
    "strict_accounts": {"description": "Whether an account must be opened before it is posted to."},
    "assets": {"description": "The first assets to declare."},
    "ImportSummary.assets": {"description": "How many assets were declared."},
    "ImportSummary.accounts": {"description": "How many accounts were opened."},
    "ImportSummary.transactions": {"description": "How many transactions were posted."},
    "skipped": {"description": "How many records posted nothing but zeros."},
    "postings": {"description": "They sum to zero for each asset; at least two."},
    "reference": {"description": "The client's own name for it, unique in the ledger."},
    "effective_at": {"description": "When it took effect."},
    "recorded_at": {"description": "When it was posted."},
    "created_at": {"description": "When it was made."},
    "expires_at": {"description": "When it stops to work; null for never."},
    "revoked_at": {"description": "When it was revoked; null while it works."},
    "actor": {"description": "Whose key it was, as `key:NAME`; `local` where no key is asked for."},
    "reverses": {"description": "The transaction that this one takes back."},
    "reversed_by": {"description": "The transaction that takes this one back."},
    "scopes": {"description": "What it may do: `admin` includes `write`, which includes `read`."},
    "KeyView.ledger": {"description": "The one ledger it is for; null for all."},
    "MadeKey.ledger": {"description": "The one ledger it is for; null for all."},
    "secret": {"description": "To be sent as `Authorization: Bearer …`; null when the answer is replayed."},
    "id": {"description": "Unique, and roughly in order of time."},
    "name": {"description": "What it is called."},
    "ledger": {"description": "The ledger's name."},
    "HoldView.status": {"description": "What became of it.", "enum": list(STATUSES)},
    "HoldView.expires_at": {"description": "When it is let go by itself; null for never."},
    "mode": {"description": "All or none, or each alone.", "enum": ["atomic", "each"]},
    "BatchResult.status": {"description": "The status that the item would have been answered with alone."},
    "results": {"description": "What became of each item, in their order."},
    "transaction": {"description": "The transaction, as it was first answered."},
    "problem": {"description": "Why the item was refused."},
    "remaining": {"description": "The postings that are still held, each with what is left of it."},
    "captures": {"description": "The transactions that took what was held."},
    "final": {"description": "Whether what is not taken is let go."},
    "kind": {"description": "What it is: a `transaction`, a reversal, or part of a hold."},
    "description": {"description": "What it is about, for people."},
    "balances": {"description": "By asset."},
    "AccountView.balances": {"description": "What is on the account, by asset."},
    "TrialBalance.data": {"description": "The accounts, by path."},
    "TrialBalance.totals": {"description": "The sums of both columns by asset; they are equal."},
    "TrialBalanceLine.balances": {"description": "By asset, in the column of the side that it is on."},
    "debit": {"description": "Debits minus credits, where that is positive; zero otherwise.", **_AMOUNT},
    "credit": {"description": "Credits minus debits, where that is positive; zero otherwise.", **_AMOUNT},
    "sections": {"description": "The accounts, one section for each type."},
    "Section.data": {"description": "The accounts of the type, by path; positive on its normal side."},
    "Section.totals": {"description": "The sum of the section by asset, positive on its normal side."},
    "net_income": {"description": "Income minus expenses by asset, to date or of the period."},
    "balanced": {"description": "Whether assets are liabilities, equity and net income in every asset."},
    "at": {"description": "The effective time that was asked for; null for no bound."},
    "known_at": {"description": "The recorded time that was asked for; null for the present."},
    "from": {"description": "The first effective time that counts; null for no bound."},
    "to": {"description": "The last effective time that counts; null for no bound."},
    "data": {"description": "The items of this page, in the list's order."},
    "links": {"description": "Addresses by what is there."},
    "next": {"description": "The cursor of the following page; null on the last."},
    "totals": {"description": "The balance by asset of the whole selection."},
    "Problem.type": {"description": "The code again, as a URN."},
    "Problem.status": {"description": "The HTTP status."},
    "title": {"description": "The status in words."},
    "detail": {"description": "What went wrong, for people."},
    "message": {"description": "What is wrong with the field, for people."},
    "errors": {"description": "The fields at fault."},
    "pointer": {"description": "A JSON pointer into the request's body."},
    "parameter": {"description": "The parameter or header at fault."},
    "allow": {"description": "The methods that this address knows."},
    "index": {"description": "The number of the item at fault, from 0."},
    "line": {"description": "The line of the file at fault, from 1."},
    "limit": {"description": "The limit that stands in the way."},
    "requested": {"description": "What was asked for."},
    "request_id": {"description": "The same as the header `X-Request-Id`."},
}


# A shape that is sent is named so; what we answer has other names.
_SENT = re.compile(r".*(Body|Change|Item)")


def is_sent(shape: str) -> bool:
    """Tell whether a shape is part of a request's body."""
    return _SENT.fullmatch(shape) is not None


def known_of(shape: str, field: str) -> Mapping[str, Any]:
    """Return what is known of a field; nothing where nobody has said."""
    tables = (SENT_FIELDS, FIELDS) if is_sent(shape) else (FIELDS,)
    found = (table.get(name) for table in tables for name in (f"{shape}.{field}", field))
    return next((known for known in found if known is not None), {})
