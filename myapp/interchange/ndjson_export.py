"""Our own journal, out: a line for everything that a ledger has, so that reading it gives the same books."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import msgspec

from myapp.interchange.ndjson_shapes import (
    VERSION,
    AccountLine,
    AnyLine,
    AssetLine,
    Bounds,
    ChangePart,
    EndLine,
    Header,
    HeldPart,
    HoldLine,
    LedgerLine,
    PostingPart,
    TransactionLine,
)
from myapp.ledger.holds.reading import is_expired
from myapp.ledger.journal_rows import JournalRows, Row
from myapp.ledger.limits import format_limits
from myapp.ledger.money import format_amount

# The members of metadata sorted, because each database keeps them in an order of its own.
_ENCODER = msgspec.json.Encoder(order="deterministic")


def write(books: JournalRows) -> Iterator[bytes]:
    """Yield the lines: ledger, assets, accounts, transactions in the order of recording, holds, end."""
    lines = 0
    for lines, line in enumerate(_lines(books), start=1):  # noqa: B007  It is asked for behind the loop.
        yield _ENCODER.encode(line) + b"\n"
    yield _ENCODER.encode(EndLine(lines)) + b"\n"


def _lines(books: JournalRows) -> Iterator[AnyLine]:
    yield Header(VERSION)
    ledger = books.ledger()
    yield LedgerLine(ledger.description, ledger.strict_accounts, ledger.metadata, ledger.created_at)
    for asset in books.assets():
        yield AssetLine(asset.code, asset.scale, asset.name, asset.created_at)
    for account, bounds in books.accounts_with_bounds():
        yield _account(account, bounds)
    for transaction, postings in books.transactions("recorded"):
        yield _transaction(transaction, postings)
    for (hold, held), captures in books.holds():
        yield _hold(hold, held, captures, books.now)


def _account(account: Row, bounds: list[Row]) -> AccountLine:
    limits = {
        each.asset: Bounds(**format_limits((each.lowest, each.highest), account.type, each.scale))
        for each in bounds
    }
    return AccountLine(
        account.path, account.type, account.status, limits, account.metadata, account.created_at
    )


def _transaction(transaction: Row, postings: list[Row]) -> TransactionLine:
    changed = transaction.changed_metadata
    return TransactionLine(
        id=transaction.id,
        kind=transaction.kind,
        description=transaction.description,
        reference=transaction.reference,
        effective_at=transaction.effective_at,
        recorded_at=transaction.recorded_at,
        actor=transaction.actor,
        metadata=transaction.metadata,
        change=None if changed is None else ChangePart(changed, transaction.changed_at),
        reverses=transaction.reverses,
        postings=[
            PostingPart(
                each.path,
                each.asset,
                format_amount(each.amount, each.scale),
                format_amount(each.balance, each.scale),
                each.version,
            )
            for each in postings
        ],
    )


def _hold(hold: Row, held: list[Row], captures: list[Row], now: datetime) -> HoldLine:
    # Whether somebody has given it back already or not, what has expired holds nothing.
    expired = is_expired(hold.status, hold.expires_at, now)
    return HoldLine(
        id=hold.id,
        status="expired" if expired else hold.status,
        description=hold.description,
        reference=hold.reference,
        effective_at=hold.effective_at,
        recorded_at=hold.recorded_at,
        actor=hold.actor,
        metadata=hold.metadata,
        expires_at=hold.expires_at,
        postings=[
            HeldPart(
                each.path,
                each.asset,
                format_amount(each.amount, each.scale),
                format_amount(0 if expired else each.remaining, each.scale),
            )
            for each in held
        ],
        captures=[each.txn_id for each in captures],
    )
