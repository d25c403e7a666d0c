"""What was typed into the form of a new transaction, and what is wrong with it, field by field."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

from myapp.ledger.errors import LedgerError
from myapp.ledger.rules import escape_pointer
from myapp.web.forms import Form


@dataclass(frozen=True, slots=True)
class Row:
    """The fields of a posting or of a pair of the metadata, as they were typed; errors by a field's name."""

    errors: dict[str, str] = field(default_factory=dict, kw_only=True)


@dataclass(frozen=True, slots=True)
class PostingRow(Row):
    """One posting."""

    account: str = ""
    asset: str = ""
    amount: str = ""


@dataclass(frozen=True, slots=True)
class MetadataRow(Row):
    """One pair of the metadata."""

    key: str = ""
    value: str = ""


def postings(form: Form) -> list[PostingRow]:
    """Return the rows of the postings into which something was typed; an asset is always chosen."""
    columns = (form.texts("account"), form.texts("asset"), form.texts("amount"))
    rows = (PostingRow(*cells) for cells in zip_longest(*columns, fillvalue=""))
    return [row for row in rows if row.account or row.amount]


def metadata(form: Form) -> list[MetadataRow]:
    """Return the rows of the metadata into which something was typed."""
    pairs = zip_longest(form.texts("key"), form.texts("value"), fillvalue="")
    return [MetadataRow(*pair) for pair in pairs if any(pair)]


def place(error: LedgerError, rows: Sequence[PostingRow], pairs: Sequence[MetadataRow]) -> bool:
    """Put a refusal at the field that it is about; tell whether there is one."""
    match (error.pointer or "").split("/"):
        case ["", "postings", number, name] if number.isdigit() and int(number) < len(rows):
            return _mark(rows[int(number)], name, error)
        case ["", "metadata", key]:
            return any(_mark(pair, "value", error) for pair in pairs if escape_pointer(pair.key) == key)
        case ["", "description" | "reference" | "effective_at" | "metadata"]:
            return True
    return _place_at_account(error, rows)


def _mark(row: Row, name: str, error: LedgerError) -> bool:
    row.errors[name] = error.detail
    return True


def _place_at_account(error: LedgerError, rows: Sequence[PostingRow]) -> bool:
    # What the books find out while they post names the account, and the asset where it is about an amount.
    account, asset = error.members.get("account"), error.members.get("asset")
    for row in rows:
        if row.account == account and asset in {None, row.asset}:
            return _mark(row, "account" if asset is None else "amount", error)
    return False
