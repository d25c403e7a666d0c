"""beancount's journal, out: what `bean-check` accepts, with balances that equal ours.

docs/journals.md tells the mapping; `beancount_names` makes the names. beancount itself is not needed here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, time

from myapp.http.times import shown
from myapp.interchange.beancount_names import Names, account_name, commodity_name, is_account, is_commodity
from myapp.ledger import rules
from myapp.ledger.journal_rows import JournalRows, Row
from myapp.ledger.money import format_amount

_KEY = re.compile(r"[a-z][a-zA-Z0-9_-]+")
# Of beancount's own, and of ours; metadata under such a key is in OTHERS.
_RESERVED = frozenset({"filename", "lineno"})
_OWN = frozenset({"id", "recorded_at", "effective_at", "actor", "kind", "reverses", "reference"})
OTHERS = "other_metadata"


@dataclass(frozen=True, slots=True)
class _Names:
    accounts: Names
    commodities: Names


def write(books: JournalRows) -> Iterator[bytes]:
    """Yield the journal: declarations as of the first day, then the transactions by date."""
    ledger = books.ledger()
    day = (books.first_effective_at() or ledger.created_at).date()
    names = _names(books)
    yield f'; Written by myapp, to be read by beancount.\noption "title" {text(ledger.name)}\n\n'.encode()
    for asset in books.assets():
        yield _declared(day, "commodity", names.commodities.add(asset.code), asset.code)
    for account in books.accounts():
        name = names.accounts.add(account.path, account.type)
        yield _declared(day, "open", name, account.path)
    count = 0
    for count, (transaction, postings) in enumerate(books.transactions("effective"), 1):  # noqa: B007
        yield _transaction(transaction, postings, names)
    yield f"\n; end of the journal, {count} transactions\n".encode()


def _names(books: JournalRows) -> _Names:
    # What is a name in beancount already keeps it, whatever comes before it in order.
    accounts = (each.path for each in books.paths() if is_account(each.path, each.type))
    commodities = (each.code for each in books.codes() if is_commodity(each.code))
    return _Names(Names(_account, accounts), Names(commodity_name, commodities, 24))


def _account(path: str, account_type: str) -> str:
    return account_name(path, account_type, tells_type=rules.type_of(path) == account_type)


def _declared(day: date, word: str, name: str, true: str) -> bytes:
    told = "" if name == true else f"  {'path' if word == 'open' else 'code'}: {text(true)}\n"
    return f"{day.isoformat()} {word} {name}\n{told}".encode()


def text(value: str) -> str:
    """Return a string in quotes, on one line: beancount undoes these escapes."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return f'"{escaped}"'


def _transaction(transaction: Row, postings: list[Row], names: _Names) -> bytes:
    head = f"\n{transaction.effective_at.date().isoformat()} * {text(transaction.description)}\n"
    lines = (f"  {key}: {text(value)}\n" for key, value in _metadata(transaction))
    return "".join([head, *lines, *(_posting(posting, names) for posting in postings)]).encode()


def _metadata(transaction: Row) -> Iterator[tuple[str, str]]:
    yield "id", str(transaction.id)
    yield "recorded_at", shown(transaction.recorded_at)
    if transaction.effective_at.time() != time.min:
        yield "effective_at", shown(transaction.effective_at)
    yield "actor", transaction.actor
    if transaction.kind != "transaction":
        yield "kind", transaction.kind
    if transaction.reverses is not None:
        yield "reverses", str(transaction.reverses)
    if transaction.reference is not None:
        yield "reference", transaction.reference
    yield from _given(
        transaction.metadata if transaction.changed_metadata is None else transaction.changed_metadata
    )


def _given(metadata: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    fitting = {key for key in metadata if _KEY.fullmatch(key)} - _OWN - _RESERVED - {OTHERS}
    yield from ((key, metadata[key]) for key in sorted(fitting))
    if others := {key: metadata[key] for key in sorted(metadata.keys() - fitting)}:
        yield OTHERS, json.dumps(others, ensure_ascii=False)


def _posting(posting: Row, names: _Names) -> str:
    amount = format_amount(posting.amount, posting.scale)
    commodity = names.commodities.of(posting.asset)
    return f"  {names.accounts.of(posting.path, posting.type)}  {amount} {commodity}\n"
