"""What came last in a ledger: where its books have arrived, and which asset they are mostly about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date
from typing import Any

from myapp.http import parameters
from myapp.ledger import transactions
from myapp.ledger.books import Book
from myapp.ledger.errors import UnknownAsset
from myapp.ledger.transactions import TransactionFilter
from myapp.ledger.views import TransactionView

COUNT = 8


@dataclass(frozen=True, slots=True)
class Latest:
    """The newest transactions, the day that is the present of the books, and the asset to draw charts in."""

    transactions: Sequence[TransactionView]
    day: date
    asset: str | None


def read_latest(request: Any, book: Book) -> Latest:
    """Return what came last, with the asset that the request asks for; `book` has all scales.

    Raises:
        UnknownAsset: the ledger has no such asset.
    """
    newest = TransactionFilter(order="effective")
    found = transactions.listed(request.dbsession, book, newest, limit=COUNT).items
    # The books may end before today, or look into the future.
    until = min([request.now, *(each.effective_at for each in found[:1])])
    used = [posting.asset for each in found for posting in each.postings]
    return Latest(found, until.astimezone(UTC).date(), _asset(request, book, used))


def _asset(request: Any, book: Book, used: list[str]) -> str | None:
    asked = parameters.text(request, "asset")
    if asked is not None and asked not in book.scales:
        raise UnknownAsset(f"The ledger has no asset {asked!r}.")
    # What was used most, of late.
    return asked or max(sorted(set(used)), key=used.count, default=None)
