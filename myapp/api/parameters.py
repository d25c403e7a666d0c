"""What every parameter of a path or a query means, and which values it takes.

Looked up by its name, or first by `resource.name` where a name means different things in two places.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from myapp.api import patterns
from myapp.http.paging import LIMIT_DEFAULT, LIMIT_MAX
from myapp.http.parameters import TEXT_CHARS_MAX
from myapp.http.questions import DEPTH_MAX
from myapp.interchange.csv_columns import COLUMNS, METADATA
from myapp.interchange.exporting import FORMATS
from myapp.interchange.readers import READERS
from myapp.ledger.rules import ACCOUNT_STATUSES, ACCOUNT_TYPES

_TEXT: Mapping[str, Any] = {"type": "string", **patterns.text(TEXT_CHARS_MAX)}
_FLAG: Mapping[str, Any] = {"type": "boolean", "default": False}
_ID: Mapping[str, Any] = {"type": "string", "format": "uuid"}
_TIME: Mapping[str, Any] = {
    "type": "string",
    **patterns.MOMENT,
    "examples": ["2026-01-05", "2026-01-05T09:00:00Z"],
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter's meaning in a sentence, and its JSON schema."""

    description: str
    schema: Mapping[str, Any]
    required: bool = False


def _one_of(words: tuple[str, ...]) -> Mapping[str, Any]:
    return {"type": "string", "enum": list(words)}


PARAMETERS: Mapping[str, Parameter] = {
    "ledger": Parameter("The ledger's name.", {"type": "string", **patterns.LEDGER}),
    "path": Parameter("The account's path, percent-encoded.", {"type": "string", **patterns.ACCOUNT}),
    "key": Parameter("The id of the API key.", _ID),
    "transactions.id": Parameter("The transaction's id.", _ID),
    "hold": Parameter("The hold's id.", _ID),
    "limit": Parameter(
        "The most items on a page.",
        {"type": "integer", "minimum": 1, "maximum": LIMIT_MAX, "default": LIMIT_DEFAULT},
    ),
    "cursor": Parameter("The `next` of the page before, with the same filters.", _TEXT),
    "at": Parameter("As of this effective time; a date means all of that day.", _TIME),
    "known_at": Parameter("As recorded by this time; a date means all of that day.", _TIME),
    "from": Parameter("The earliest effective time; a date means its first instant.", _TIME),
    "to": Parameter("The latest effective time; a date means all of that day.", _TIME),
    "prefix": Parameter("Only accounts whose path begins with this text.", _TEXT),
    "type": Parameter("Only accounts of this type.", _one_of(ACCOUNT_TYPES)),
    "accounts.status": Parameter("Only accounts in this state.", _one_of(ACCOUNT_STATUSES)),
    "holds.status": Parameter(
        "Only holds in this state.", _one_of(("open", "captured", "voided", "expired"))
    ),
    "depth": Parameter(
        "Roll up accounts with more segments than this into their ancestor.",
        {"type": "integer", "minimum": 1, "maximum": DEPTH_MAX},
    ),
    "account": Parameter("Only what touches this account.", _TEXT),
    "asset": Parameter("Only this asset.", _TEXT),
    "statement.account": Parameter("The account whose statement it is.", _TEXT, required=True),
    "statement.asset": Parameter("The asset that is counted.", _TEXT, required=True),
    "reference": Parameter("Only the transaction with this reference.", _TEXT),
    "metadata.": Parameter("Only transactions whose metadata has this value under KEY.", _TEXT),
    "q": Parameter(
        "Only transactions with this text in their description; a and A are the same, ä and Ä are not.", _TEXT
    ),
    "order": Parameter(
        "Newest first by which of the two times.",
        {**_one_of(("recorded", "effective")), "default": "recorded"},
    ),
    "dry_run": Parameter("Answer 200 with what would be, and keep nothing.", _FLAG),
    "import.format": Parameter("What the body is.", _one_of(tuple(READERS)), required=True),
    "export.format": Parameter("What the file is to be.", _one_of(tuple(FORMATS)), required=True),
    "default_type": Parameter("The type of accounts whose path tells none.", _one_of(ACCOUNT_TYPES)),
    "default_asset": Parameter("The asset of amounts without a commodity.", _TEXT),
    "import.account": Parameter(
        "For a bank statement in CSV: the account that positive amounts go into, and negative ones out of.",
        _TEXT,
    ),
    "counter_account": Parameter("For a bank statement in CSV: the other account of each row.", _TEXT),
    **{
        f"import.map.{column}": Parameter(f"The CSV file's header for `{column}`.", _TEXT)
        for column in COLUMNS
    },
    f"import.map.{METADATA}": Parameter(f"The CSV file's header for `{METADATA}KEY`.", _TEXT),
}
UNDOCUMENTED = Parameter("", _TEXT)


def meaning(path: str, name: str) -> Parameter:
    """Return what a parameter means on a path; `UNDOCUMENTED` where nobody has said."""
    resource = path.removeprefix("/v1/").removeprefix("ledgers/{ledger}/").partition("/")[0]
    return PARAMETERS.get(f"{resource}.{name}") or PARAMETERS.get(name, UNDOCUMENTED)


def shown_name(name: str) -> str:
    """Return the name as readers see it: a prefix such as `metadata.` stands for every key."""
    return f"{name}KEY" if name.endswith(".") else name
