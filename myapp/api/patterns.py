"""What names, texts, amounts and times may be, as JSON schemas: what these refuse, the server refuses.

They say what a text alone can tell; whether a ledger knows the asset, or a sum is zero, only the books can.
Written so that JavaScript, Rust and Python read them alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from myapp.ledger import rules
from myapp.ledger.money import SCALE_MAX

Schema = Mapping[str, Any]

# PostgreSQL stores a NUL in no text.
_NO_NUL = "^[^\\u0000]*$"
_CONTROL = "\\u0000-\\u001f\\u007f"
_SEGMENT = f" *[^ :{_CONTROL}][^:{_CONTROL}]*"
_DECIMALS = f"(\\.[0-9]{{1,{SCALE_MAX}}})?"
_DATE = "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_HOUR = "([01][0-9]|2[0-3])"
_TIME = f"{_HOUR}:[0-5][0-9]:[0-5][0-9](\\.[0-9]+)?"
# A composed character (NFC) is at most four of those that it is composed of.
_CHARS_OF_ONE_MAX = 4


def text(chars_max: int) -> Schema:
    """Return the schema of a text that is stored."""
    return {"maxLength": chars_max, "pattern": _NO_NUL}


LEDGER: Schema = {"pattern": "^[a-z0-9][a-z0-9_-]{0,62}$"}
ACCOUNT: Schema = {
    "minLength": 1,
    "maxLength": _CHARS_OF_ONE_MAX * rules.PATH_CHARS_MAX,
    "pattern": f"^{_SEGMENT}(:{_SEGMENT})*$",
}
ASSET: Schema = {"pattern": f"^[^\\s\"'{_CONTROL}]{{1,{rules.ASSET_CHARS_MAX}}}$"}
KEY: Schema = {"pattern": "^[!-~]{1,255}$"}
# As answered: always with all the decimals of its asset.
SHOWN_AMOUNT: Schema = {"pattern": "^-?[0-9]+(\\.[0-9]+)?$"}
AMOUNT_OR_ZERO: Schema = {"pattern": f"^-?[0-9]+{_DECIMALS}$"}
AMOUNT: Schema = {
    "pattern": f"^-?(0*[1-9][0-9]*{_DECIMALS}|0+\\.0{{0,{SCALE_MAX - 1}}}[1-9][0-9]{{0,{SCALE_MAX - 1}}})$"
}
MOMENT: Schema = {"pattern": f"^{_DATE}([Tt ]{_TIME}([Zz]|[+-]{_HOUR}:[0-5][0-9]))?$"}
METADATA: Schema = {
    "maxProperties": rules.METADATA_KEYS_MAX,
    "propertyNames": text(rules.METADATA_KEY_CHARS_MAX),
    "additionalProperties": {"type": "string", **text(rules.METADATA_VALUE_CHARS_MAX)},
}
# A null takes a key away, so there may be more of them, and longer ones, than are stored.
METADATA_CHANGE: Schema = {
    "additionalProperties": {
        "anyOf": [{"type": "string", **text(rules.METADATA_VALUE_CHARS_MAX)}, {"type": "null"}]
    },
}
