"""What is known of a field that a request's body brings, beyond its type: its meaning, and what it takes.

Looked up by `Shape.field`, then by the field's name alone, then among `myapp.api.fields`. The rules are the
books' own, and are enforced there; tests send what these schemas refuse, and see it refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from myapp.api import patterns
from myapp.ledger.assets import NAME_CHARS_MAX as ASSET_NAME_CHARS_MAX
from myapp.ledger.money import SCALE_MAX
from myapp.ledger.rules import (
    ACCOUNT_STATUSES,
    ACCOUNT_TYPES,
    DESCRIPTION_CHARS_MAX,
    POSTINGS_MAX,
    REFERENCE_CHARS_MAX,
)
from myapp.security.keys import NAME_CHARS_MAX, SCOPES

_TIME = "A date, which means its first instant, or an RFC 3339 time."
_LAST_TIME = "A date, which means all of that day, or an RFC 3339 time."
_DESCRIBED = patterns.text(DESCRIPTION_CHARS_MAX)
_POSTED = {"minItems": 2, "maxItems": POSTINGS_MAX}
_METADATA = {"description": "Texts by key; at most 50.", **patterns.METADATA}
_CHANGED = {"description": "Merged into what is there; null removes a key.", **patterns.METADATA_CHANGE}
_BY_ASSET = {"propertyNames": {"type": "string", **patterns.ASSET}}

SENT_FIELDS: Mapping[str, Mapping[str, Any]] = {
    "amount": {
        "description": "Positive is a debit, negative a credit; not zero.",
        "examples": ["12.50"],
        **patterns.AMOUNT,
    },
    "min": {"description": "The least that the normal balance may be.", **patterns.AMOUNT_OR_ZERO},
    "max": {"description": "The most that the normal balance may be.", **patterns.AMOUNT_OR_ZERO},
    "account": {"description": "The account's path.", **patterns.ACCOUNT},
    "path": {
        "description": "Segments joined by colons; at most 255 characters (NFC).",
        **patterns.ACCOUNT,
    },
    "asset": {"description": "The asset's code.", **patterns.ASSET},
    "code": {"description": "Up to 32 printable characters, no space and no quote.", **patterns.ASSET},
    "scale": {"description": "The number of decimals.", "minimum": 0, "maximum": SCALE_MAX},
    "AssetBody.name": {"description": "What it is called.", **patterns.text(ASSET_NAME_CHARS_MAX)},
    "LedgerBody.name": {
        "description": "The name, which is also in the ledger's address.",
        **patterns.LEDGER,
    },
    "LedgerBody.description": {"description": "What it is for.", **_DESCRIBED},
    "LedgerChange.description": {"description": "What it is for, from now on.", **_DESCRIBED},
    "type": {
        "description": "Needed where the first segment of the path tells none.",
        "enum": list(ACCOUNT_TYPES),
    },
    "status": {"description": "The new state.", "enum": list(ACCOUNT_STATUSES)},
    "limits": {"description": "Bounds of the normal balance by asset.", **_BY_ASSET},
    "AccountChange.limits": {
        "description": "Bounds to set by asset; null removes those of an asset.",
        **_BY_ASSET,
    },
    "metadata": _METADATA,
    "LedgerChange.metadata": _CHANGED,
    "AccountChange.metadata": _CHANGED,
    "MetadataChange.metadata": _CHANGED,
    "description": {"description": "What happened.", **_DESCRIBED},
    "ReversalBody.description": {"description": "What happened; without it, what is reversed.", **_DESCRIBED},
    "postings": {"description": "They sum to zero for each asset; at least two.", **_POSTED},
    "CaptureBody.postings": {"description": "What to take; without it, all that is held.", **_POSTED},
    "reference": {
        "description": "The client's own name for it, unique in the ledger.",
        "minLength": 1,
        **patterns.text(REFERENCE_CHARS_MAX),
    },
    "effective_at": {"description": f"When it takes effect. {_TIME} Now, if not given.", **patterns.MOMENT},
    "HoldBody.expires_at": {"description": f"When it is let go by itself. {_LAST_TIME}", **patterns.MOMENT},
    "KeyBody.expires_at": {"description": f"When it stops to work. {_LAST_TIME}", **patterns.MOMENT},
    "KeyBody.name": {
        "description": "Who uses it; the journal says `key:NAME`.",
        "minLength": 1,
        **patterns.text(NAME_CHARS_MAX),
    },
    "scopes": {
        "description": "What it may do: `admin` includes `write`, which includes `read`.",
        "minItems": 1,
        "items": {"type": "string", "enum": list(SCOPES)},
    },
    "ledger": {"description": "The one ledger it is for; without it, all.", **patterns.LEDGER},
    "idempotency_key": {"description": "The item's own key, as the header is a request's.", **patterns.KEY},
    "transactions": {
        "description": "They are applied in order. An item that cannot be read is refused in its place.",
        "items": {"$ref": "#/components/schemas/BatchItem"},
    },
}
