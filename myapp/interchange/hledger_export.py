"""hledger's journal, out: what `hledger check --strict` accepts, and `hledger bal` gives our balances from.

docs/journals.md tells the mapping. Account paths, codes and texts are as they are wherever hledger reads them
back; what it would take for something else is percent-escaped.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time

from myapp.http.times import shown
from myapp.interchange.percent import escaped, escaping
from myapp.ledger.journal_rows import JournalRows, Row
from myapp.ledger.money import format_amount

_TYPES = {"asset": "A", "liability": "L", "equity": "E", "income": "R", "expense": "X"}
_NEWLINES = r"[\x00-\x1f\x7f-\x9f\u2028\u2029]"
_AT_THE_ENDS = r"^\s|\s\Z"
# A name ends at two spaces; a bracket in front makes a posting virtual, a star or a bang marks its status.
_ACCOUNT = escaping(r"^[ (\[*!;]", r"(?<= ) | \Z")
# Nothing within the quotes but the character that begins a comment. AUTO is hledger's word for no amount.
_COMMODITY = escaping(";", "^A(?=UTO$)")
_DESCRIPTION = escaping(r"^[*!(=]", ";", _NEWLINES, _AT_THE_ENDS)
_CODE = escaping(r"\)", _NEWLINES, _AT_THE_ENDS)
_TAG = escaping("%", r"[\s:,;]", _NEWLINES)
_VALUE = escaping(",", _NEWLINES, _AT_THE_ENDS)

# Tags of our own; metadata under such a key has its first character escaped.
OWN_TAGS = ("id", "recorded_at", "effective_at", "actor", "kind", "reverses")
# A key without a character, which no tag has: a percent sign that begins no escape.
_NO_KEY = "%"


def write(books: JournalRows) -> Iterator[bytes]:
    """Yield the journal: declarations, then the transactions in the order of their dates."""
    ledger = books.ledger()
    yield f"; {ledger.name}: written by myapp, to be read by hledger.\ndecimal-mark .\n\n".encode()
    for asset in books.assets():
        yield f"commodity {'1000.' + '0' * asset.scale} {commodity(asset.code)}\n".encode()
    for account in books.accounts():
        yield f"account {account_name(account.path)}  ; type: {_TYPES[account.type]}\n".encode()
    count = 0
    for count, (transaction, postings) in enumerate(books.transactions("effective"), 1):  # noqa: B007
        yield _transaction(transaction, postings)
    yield f"\n; end of the journal, {count} transactions\n".encode()


def account_name(path: str) -> str:
    """Return the account's path as hledger reads it."""
    return escaped(path, _ACCOUNT)


def commodity(code: str) -> str:
    """Return an asset's code as hledger reads it: in quotes, unless it is made of letters alone."""
    name = escaped(code, _COMMODITY)
    return name if name.isascii() and name.isalpha() else f'"{name}"'


def tag(key: str, value: str) -> str:
    """Return the tag of metadata."""
    name = escaped(key, _TAG) or _NO_KEY
    if key in OWN_TAGS:
        name = f"%{ord(key[0]):02X}{key[1:]}"
    return _tag(name, value)


def _tag(name: str, value: str) -> str:
    return f"    ; {name}: {escaped(value, _VALUE)}\n"


def _transaction(transaction: Row, postings: list[Row]) -> bytes:
    code = "" if transaction.reference is None else f" ({escaped(transaction.reference, _CODE)})"
    description = escaped(transaction.description, _DESCRIPTION)
    head = f"\n{transaction.effective_at.date().isoformat()}{code} {description}".rstrip(" ") + "\n"
    return "".join([head, *_tags(transaction), *map(_posting, postings)]).encode()


def _tags(transaction: Row) -> Iterator[str]:
    yield _tag("id", str(transaction.id))
    yield _tag("recorded_at", shown(transaction.recorded_at))
    if transaction.effective_at.time() != time.min:
        yield _tag("effective_at", shown(transaction.effective_at))
    yield _tag("actor", transaction.actor)
    if transaction.kind != "transaction":
        yield _tag("kind", transaction.kind)
    if transaction.reverses is not None:
        yield _tag("reverses", str(transaction.reverses))
    metadata = transaction.metadata if transaction.changed_metadata is None else transaction.changed_metadata
    yield from (tag(key, metadata[key]) for key in sorted(metadata))


def _posting(posting: Row) -> str:
    amount = format_amount(posting.amount, posting.scale)
    return f"    {account_name(posting.path)}  {amount} {commodity(posting.asset)}\n"
