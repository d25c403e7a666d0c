"""What to say to the API so that requests reach its depths: names that exist, right amounts and times.

Schemathesis takes any pattern's word for it, and would nearly always ask for a ledger that nobody made. Here
each pattern of ours gets a format of its own, and each format a source of values that mixes what is in the
prepared books with anything that the pattern allows. What breaks the schemas, schemathesis invents itself.
"""

from __future__ import annotations

from datetime import UTC
from typing import Any

import schemathesis
from hypothesis import strategies as st

from myapp.api import patterns
from tests.api.conformance import closed

LEDGER = "books"
ACCOUNTS = ("assets:cash", "assets:bank", "expenses:food", "income:salary", "liabilities:card")
ASSETS = ("USD", "JPY")
# They stand for something that is made just before a request asks for it; the names are those of the paths.
TRANSACTION, HOLD, KEY = (f"01980000-0000-7000-8000-{number:012}" for number in range(3))
PLACEHOLDERS = {"id": TRANSACTION, "hold": HOLD, "key": KEY}

_letters = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
_printable = st.characters(exclude_categories=["C", "Z"], exclude_characters=":'\"")
_texts = st.text(_letters, max_size=20)
_paths = st.lists(st.text(_printable, min_size=1, max_size=8), min_size=1, max_size=3).map(":".join)
_below_a_root = _paths.map(lambda path: f"Assets:{path}")
_whole = st.integers(-1_000, 1_000)
_minutes = st.datetimes(timezones=st.just(UTC))

_SOURCES: dict[str, tuple[Any, st.SearchStrategy[str]]] = {
    "ledger-name": (
        patterns.LEDGER,
        st.just(LEDGER) | st.text("abcxyz0189_-", min_size=1, max_size=12),
    ),
    "account-path": (patterns.ACCOUNT, st.sampled_from(ACCOUNTS) | _below_a_root | _paths),
    "asset-code": (patterns.ASSET, st.sampled_from(ASSETS) | st.text(_printable, min_size=1, max_size=8)),
    "amount": (patterns.AMOUNT, _whole.filter(bool).map(str) | st.sampled_from(["12.50", "-0.01", "1" * 30])),
    "amount-or-zero": (patterns.AMOUNT_OR_ZERO, _whole.map(str) | st.sampled_from(["0", "0.00", "-0.5"])),
    "moment": (
        patterns.MOMENT,
        st.dates().map(str) | _minutes.map(lambda time: time.isoformat().replace("+00:00", "Z")),
    ),
    "text": (patterns.text(0), _texts),
    "idempotency-key": (patterns.KEY, st.text(st.characters(codec="ascii", min_codepoint=33), min_size=1)),
}
_FORMATS = {schema["pattern"]: name for name, (schema, _) in _SOURCES.items()}

for _name, (_, _source) in _SOURCES.items():
    schemathesis.openapi.format(_name, _source)
for _name, _placeholder in PLACEHOLDERS.items():
    schemathesis.openapi.format(f"{_name}-of-the-books", st.just(_placeholder) | st.uuids().map(str))


def spoken(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document as it is spoken here: with these formats, closed, and without keys.

    It says no more and no less of what is right, but that an answer has no members that it does not name.
    Who may do what, other tests ask of every route and every kind of key.
    """
    told: dict[str, Any] = closed(_formatted(document))
    for operation in (each for path in told["paths"].values() for each in path.values()):
        del operation["security"]
        for parameter in operation["parameters"]:
            if parameter.get("allowEmptyValue"):
                # Schemathesis does not know this word.
                parameter["schema"] = {"anyOf": [parameter["schema"], {"const": ""}]}
            if parameter["name"] in PLACEHOLDERS:
                parameter["schema"]["format"] = f"{parameter['name']}-of-the-books"
    return told


def _formatted(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_formatted(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: _formatted(each) for name, each in schema.items()}
    pattern = made.get("pattern")
    if not isinstance(pattern, str) or pattern not in _FORMATS:
        return made
    if _FORMATS[pattern] == "text":
        # What is not a text without a NUL takes long to find out, and is sent by other tests.
        del made["pattern"]
    return {**made, "format": _FORMATS[pattern]}
