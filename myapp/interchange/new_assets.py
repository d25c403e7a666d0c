"""Declare the assets that a journal brings along, with as many decimals as they will need.

An asset's scale can never change, so the first journal must not make it small: a currency has at least the
decimals of its minor unit (ISO 4217), for books that begin with 12.5 EUR will have 0.25 EUR one day. Every
other asset has as many as the journal's quantities need; how a journal displays them does not matter.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache

from iso4217 import Currency
from sqlalchemy.orm import Session

from myapp.interchange.journal import Journal, Record
from myapp.interchange.refusals import located
from myapp.ledger import rules
from myapp.ledger.books import Book
from myapp.ledger.dialects import insert_for
from myapp.ledger.errors import AmountOutOfRange
from myapp.ledger.money import SCALE_MAX, decimals_of
from myapp.ledger.tables import Asset


def declare_new(session: Session, book: Book, journal: Journal, *, now: datetime) -> int:
    """Declare the journal's assets that the ledger does not have, and return how many they are.

    Raises:
        AmountOutOfRange: a record needs more decimals than can be kept.
    """
    rows = [
        {"ledger_id": book.id, "code": rules.check_asset_code(code), "scale": scale, "created_at": now}
        for code, scale in sorted(_scales(book, journal).items())
    ]
    if not rows:
        return 0
    # Another import may declare the same asset just now; whose scale it has is read back afterwards.
    statement = insert_for(session, Asset).on_conflict_do_nothing().returning(Asset.code)
    return len(session.execute(statement, rows).all())


@cache
def minor_units() -> dict[str, int]:
    """Return the decimals of each currency's minor unit; gold and the like, which have none, are left out."""
    return {each.code: each.exponent for each in Currency if each.exponent is not None}


def _scales(book: Book, journal: Journal) -> dict[str, int]:
    scales: dict[str, int] = {}
    for record in journal.records:
        for entry in record.entries:
            if entry.asset not in book.scales:
                decimals = decimals_of(entry.quantity)
                _require_kept(record, entry.asset, decimals)
                known = scales.get(entry.asset) or minor_units().get(entry.asset, 0)
                scales[entry.asset] = max(known, decimals)
    return scales


def _require_kept(record: Record, asset: str, decimals: int) -> None:
    if decimals > SCALE_MAX:
        refused = AmountOutOfRange(f"{asset} needs {decimals} decimals; at most {SCALE_MAX} can be kept.")
        raise located(refused, record.where)
