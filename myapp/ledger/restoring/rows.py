"""The rows of books that are taken over, written as they are: nothing is posted or opened by them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from operator import itemgetter
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from myapp.db import ConcurrencyConflict
from myapp.ledger.core import ACCOUNT
from myapp.ledger.dates import day_of, month_of
from myapp.ledger.dialects import insert_for, is_postgresql
from myapp.ledger.restoring.contents import KeptAccount, KeptAsset, KeptHold, KeptTransaction
from myapp.ledger.tables import (
    Account,
    Asset,
    Balance,
    BalanceDay,
    BalanceMonth,
    Base,
    Posting,
    Transaction,
    TransactionMetadata,
    table_of,
)

# Rows that are made ready and written at a time.
CHUNK_ROWS = 1_000

_Key = tuple[str, str]
_Row = dict[str, Any]
_Numbers = Mapping[str, int]
# Debits, credits, the first and the last version by account, asset and effective day or month.
_Totals = defaultdict[tuple[str, str, int], list[int]]


def insert_all(session: Session, model: type[Base], rows: Iterable[_Row]) -> None:
    """Write rows that nobody else can have written."""
    remaining = iter(rows)
    while chunk := list(islice(remaining, CHUNK_ROWS)):
        session.execute(insert(table_of(model)), chunk)


def insert_new(session: Session, model: type[Base], rows: Iterable[_Row]) -> None:
    """Write rows whose keys were looked for and were free.

    Raises:
        ConcurrencyConflict: another transaction has taken one meanwhile; the work is worth another attempt.
    """
    remaining = iter(rows)
    key = list(table_of(model).primary_key)[-1]
    statement = insert_for(session, model).on_conflict_do_nothing().returning(key)
    while chunk := list(islice(remaining, CHUNK_ROWS)):
        if len(session.execute(statement, chunk).all()) != len(chunk):
            raise ConcurrencyConflict("Somebody else has written one of these rows meanwhile.")


def write_assets(session: Session, ledger_id: int, assets: Iterable[KeptAsset]) -> None:
    """Declare assets."""
    fields = ("code", "scale", "name", "created_at")
    insert_new(session, Asset, (row_of(each, ledger_id, fields) for each in assets))


def write_accounts(session: Session, ledger_id: int, accounts: Sequence[KeptAccount], first: int) -> None:
    """Open accounts, in their states; on SQLite, which numbers none itself, from `first` on."""
    fields = ("path", "type", "status", "created_at")
    numbered = not is_postgresql(session)
    insert_new(
        session,
        Account,
        (
            {
                **row_of(each, ledger_id, fields),
                "metadata": each.metadata,
                **({"id": number} if numbered else {}),
            }
            for number, each in enumerate(accounts, start=first)
        ),
    )


def numbers_of_accounts(session: Session, ledger_id: int) -> dict[str, int]:
    """Return the number of each account."""
    rows = session.execute(select(ACCOUNT.c.path, ACCOUNT.c.id).where(ACCOUNT.c.ledger_id == ledger_id))
    return {row.path: row.id for row in rows}


def write_balances(
    session: Session,
    ledger_id: int,
    numbers: _Numbers,
    accounts: Sequence[KeptAccount],
    transactions: Iterable[KeptTransaction],
    holds: Iterable[KeptHold],
) -> None:
    """Write the balance rows: what the postings and the holds add up to, and the limits."""
    totals = _totals(accounts, transactions, holds)
    by_path = {each.path: each for each in accounts}
    names = ("debits", "credits", "pending_debits", "pending_credits", "version")
    rows = (
        {
            "ledger_id": ledger_id,
            "account_id": numbers[path],
            "asset": asset,
            "status": by_path[path].status,
            **dict(zip(names, sums, strict=True)),
            **dict(zip(("lowest", "highest"), by_path[path].bounds.get(asset, (None, None)), strict=True)),
        }
        for (path, asset), sums in sorted(totals.items())
    )
    insert_all(session, Balance, rows)


def _totals(
    accounts: Iterable[KeptAccount], transactions: Iterable[KeptTransaction], holds: Iterable[KeptHold]
) -> dict[_Key, list[int]]:
    totals: dict[_Key, list[int]] = defaultdict(lambda: [0, 0, 0, 0, 0])
    for account in accounts:
        for asset in account.bounds:
            totals[account.path, asset][4] = 0
    for transaction in transactions:
        for posting in transaction.postings:
            totals[posting.key][0 if posting.amount > 0 else 1] += abs(posting.amount)
            totals[posting.key][4] += 1
    for hold in holds:
        for held in hold.postings:
            totals[held.key][2 if held.amount > 0 else 3] += abs(held.remaining)
    return totals


def write_transactions(session: Session, ledger_id: int, transactions: Sequence[KeptTransaction]) -> None:
    """Record transactions, each behind the one that it reverses."""
    fields = (
        *("id", "kind", "description", "reference", "effective_at", "recorded_at", "actor", "reverses"),
    )
    rows = ({**row_of(each, ledger_id, fields), "metadata": each.metadata} for each in transactions)
    insert_new(session, Transaction, rows)


def write_changes(
    session: Session,
    ledger_id: int,
    transactions: Iterable[KeptTransaction],
    changed_at: datetime | None = None,
) -> None:
    """Write what became of metadata; `changed_at` where it is not when the file says."""
    rows = (
        {
            "ledger_id": ledger_id,
            "txn_id": each.id,
            "metadata": each.changed_metadata,
            "changed_at": changed_at or each.changed_at,
        }
        for each in transactions
        if each.changed_metadata is not None
    )
    insert_all(session, TransactionMetadata, rows)


def write_postings(
    session: Session, ledger_id: int, numbers: _Numbers, transactions: Iterable[KeptTransaction]
) -> None:
    """Write the postings, with what they left behind, and the totals by effective day and month."""
    days, months = _no_totals(), _no_totals()
    insert_all(session, Posting, _posting_rows(ledger_id, numbers, transactions, days, months))
    insert_all(session, BalanceDay, _totals_rows(ledger_id, numbers, "day", days))
    insert_all(session, BalanceMonth, _totals_rows(ledger_id, numbers, "month", months))


def _no_totals() -> _Totals:
    return defaultdict(lambda: [0, 0, 0, 0])


def _totals_rows(ledger_id: int, numbers: _Numbers, period: str, totals: _Totals) -> Iterator[_Row]:
    return (
        {
            "ledger_id": ledger_id,
            "account_id": numbers[path],
            "asset": asset,
            period: number,
            "debits": debits,
            "credits": credits_,
            "first_version": first,
            "version": last,
        }
        for (path, asset, number), (debits, credits_, first, last) in sorted(totals.items())
    )


def _posting_rows(
    ledger_id: int, numbers: _Numbers, transactions: Iterable[KeptTransaction], days: _Totals, months: _Totals
) -> Iterator[_Row]:
    # By version, and not as they come: the clock may have been set back between two transactions.
    placed = [
        (posting.key, posting.version, position, each)
        for each in transactions
        for position, posting in enumerate(each.postings)
    ]
    debits: dict[tuple[str, str], int] = defaultdict(int)
    for key, version, position, each in sorted(placed, key=itemgetter(0, 1)):
        posting, moment = each.postings[position], each.effective_at
        day, month = day_of(moment), month_of(moment)
        in_day, in_month = days[(*key, day)], months[(*key, month)]
        for totals in (in_day, in_month):
            totals[0 if posting.amount > 0 else 1] += abs(posting.amount)
            totals[2:] = totals[2] or version, version
        debits[key] += max(0, posting.amount)
        yield {
            "ledger_id": ledger_id,
            "account_id": numbers[posting.account],
            "asset": posting.asset,
            "version": version,
            "txn_id": each.id,
            "position": position,
            "amount": posting.amount,
            "balance": posting.balance,
            "debits": debits[key],
            "effective_at": moment,
            "recorded_at": each.recorded_at,
            "day": day,
            "day_debits": in_day[0],
            "day_credits": in_day[1],
            "month": month,
            "month_debits": in_month[0],
            "month_credits": in_month[1],
        }


def row_of(record: Any, ledger_id: int, fields: Iterable[str]) -> _Row:
    """Return these fields of a record, as columns of the same names."""
    return {"ledger_id": ledger_id, **{name: getattr(record, name) for name in fields}}
