"""The books row by row, whole, for whoever writes them out: larger than memory, in one snapshot.

Each statement names the ledger first, and comes in an order that never changes as long as the books do not.
Heads and their members (a transaction and its postings) are two results read side by side, so what is long,
a description or metadata, is not sent again with every posting.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, Text, and_, cast, func, or_, select, true

from myapp.db import Rows
from myapp.ledger.core import ACCOUNT, BALANCE, POSTING, TXN
from myapp.ledger.holds.held import HOLD, HOLD_POSTING
from myapp.ledger.holds.tables import HoldCapture
from myapp.ledger.tables import Asset, Ledger, TransactionMetadata, table_of

_ASSET, _LEDGER, _CHANGE = (table_of(model) for model in (Asset, Ledger, TransactionMetadata))
_CAPTURE = table_of(HoldCapture)

# By the time of recording, which is the order of an import; or by the effective one, as journals are read.
Order = Literal["recorded", "effective"]
# A row, whose columns are named at the method that returns it, and the rows that belong to it.
Row = Any
Progress = Callable[[], None]
_Key = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class JournalRows:
    """The books of one ledger; `rows` asks the database, `native` is whether that is PostgreSQL.

    `now` is when they are asked for, and `on_transaction` is called for each one that is yielded.
    """

    rows: Rows
    ledger_id: int
    native: bool
    now: datetime
    on_transaction: Progress | None = None

    def ledger(self) -> Row:
        """Return name, description, strict_accounts, metadata, created_at."""
        (row,) = self.rows(select(_LEDGER).where(_LEDGER.c.id == self.ledger_id))
        return row

    def assets(self) -> Iterator[Row]:
        """Yield code, scale, name, created_at, by code."""
        return self.rows(select(_ASSET).where(_ASSET.c.ledger_id == self.ledger_id).order_by(_ASSET.c.code))

    def accounts(self) -> Iterator[Row]:
        """Yield path, type, status, metadata, created_at, by path."""
        return self.rows(
            select(ACCOUNT).where(ACCOUNT.c.ledger_id == self.ledger_id).order_by(ACCOUNT.c.path)
        )

    def codes(self) -> Iterator[Row]:
        """Yield code, of every asset."""
        return self.rows(select(_ASSET.c.code).where(_ASSET.c.ledger_id == self.ledger_id))

    def paths(self) -> Iterator[Row]:
        """Yield path, type, of every account."""
        return self.rows(select(ACCOUNT.c.path, ACCOUNT.c.type).where(ACCOUNT.c.ledger_id == self.ledger_id))

    def accounts_with_bounds(self) -> Iterator[tuple[Row, list[Row]]]:
        """Yield accounts by path, each with its balances that say more than their postings do.

        They have limits, or no posting yet. Of each: asset, scale, lowest, highest.
        """
        return _attached(
            self.accounts(), self.rows(_bounds(self.ledger_id)), attrgetter("path"), attrgetter("path")
        )

    def transactions(self, order: Order) -> Iterator[tuple[Row, list[Row]]]:
        """Yield each transaction with its postings, in their order.

        Of a transaction: id, kind, description, reference, effective_at, recorded_at, actor, metadata,
        reverses; changed_metadata and changed_at, where metadata was changed later. Of a posting: path,
        type, asset, scale, amount, balance, version.
        """
        ordering = _ordering(TXN.c.effective_at if order == "effective" else TXN.c.recorded_at)
        heads = self.rows(_transactions(self.ledger_id).order_by(*ordering))
        postings = _postings(self.ledger_id, native=self.native)
        found = self.rows(postings.order_by(*ordering, POSTING.c.position))
        # An outer join has a row for a transaction whose postings somebody has taken away, too.
        members = (row for row in found if row.txn_id is not None)
        for pair in _attached(heads, members, attrgetter("id"), attrgetter("txn_id")):
            if self.on_transaction is not None:
                self.on_transaction()
            yield pair

    def holds(self) -> Iterator[tuple[tuple[Row, list[Row]], list[Row]]]:
        """Yield each hold with its postings, and with its captures, oldest first.

        Of a posting: path, asset, scale, amount, remaining; of a capture: txn_id.
        """
        ordering = (HOLD.c.recorded_at, HOLD.c.id)
        heads = self.rows(select(HOLD).where(HOLD.c.ledger_id == self.ledger_id).order_by(*ordering))
        postings = self.rows(_hold_postings(self.ledger_id).order_by(*ordering, HOLD_POSTING.c.position))
        captures = self.rows(_captures(self.ledger_id).order_by(*ordering, _CAPTURE.c.number))
        held = _attached(heads, postings, attrgetter("id"), attrgetter("hold_id"))
        return _attached(held, captures, lambda pair: pair[0].id, attrgetter("hold_id"))

    def metadata_keys(self) -> list[str]:
        """Return the keys that the metadata of any transaction has, sorted."""
        return sorted(row.key for row in self.rows(_metadata_keys(self.ledger_id, native=self.native)))

    def first_effective_at(self) -> datetime | None:
        """Return the earliest effective time, None where nothing was posted."""
        first = func.min(TXN.c.effective_at, type_=TXN.c.effective_at.type).label("first")
        (row,) = self.rows(select(first).where(TXN.c.ledger_id == self.ledger_id))
        moment: datetime | None = row.first
        return moment

    def transaction_count(self) -> int:
        """Return how many transactions there are."""
        counted = select(func.count().label("count")).where(TXN.c.ledger_id == self.ledger_id)
        (row,) = self.rows(counted.select_from(TXN))
        return int(row[0])


def _ordering(time: ColumnElement[Any]) -> tuple[ColumnElement[Any], ...]:
    return time, TXN.c.id


def _transactions(ledger_id: int) -> Select[Any]:
    changed = and_(_CHANGE.c.ledger_id == TXN.c.ledger_id, _CHANGE.c.txn_id == TXN.c.id)
    return (
        select(TXN, _CHANGE.c.metadata.label("changed_metadata"), _CHANGE.c.changed_at)
        .select_from(TXN.outerjoin(_CHANGE, changed))
        .where(TXN.c.ledger_id == ledger_id)
    )


def _postings(ledger_id: int, *, native: bool) -> Select[Any]:
    # SQLite would rather begin with the postings, and sort all of them in memory. So its joins are outer
    # ones, which it goes through as they are written; and there is a condition that is true of every
    # posting, because it would also rather enter the primary key by one column than another index by two.
    own = [POSTING.c.ledger_id == TXN.c.ledger_id, POSTING.c.txn_id == TXN.c.id]
    if not native:
        own.append(POSTING.c.position >= 0)
    joined = TXN.join(POSTING, and_(*own), isouter=not native)
    joined = joined.join(ACCOUNT, _account_of(POSTING), isouter=not native)
    return (
        select(
            POSTING.c.txn_id,
            ACCOUNT.c.path,
            ACCOUNT.c.type,
            POSTING.c.asset,
            _ASSET.c.scale,
            POSTING.c.amount,
            POSTING.c.balance,
            POSTING.c.version,
        )
        .select_from(joined.join(_ASSET, _asset_of(POSTING), isouter=not native))
        .where(TXN.c.ledger_id == ledger_id)
    )


def _hold_postings(ledger_id: int) -> Select[Any]:
    own = and_(HOLD_POSTING.c.ledger_id == HOLD.c.ledger_id, HOLD_POSTING.c.hold_id == HOLD.c.id)
    joined = HOLD.join(HOLD_POSTING, own)
    return (
        select(
            HOLD_POSTING.c.hold_id,
            ACCOUNT.c.path,
            HOLD_POSTING.c.asset,
            _ASSET.c.scale,
            HOLD_POSTING.c.amount,
            HOLD_POSTING.c.remaining,
        )
        .select_from(joined.join(ACCOUNT, _account_of(HOLD_POSTING)).join(_ASSET, _asset_of(HOLD_POSTING)))
        .where(HOLD.c.ledger_id == ledger_id)
    )


def _captures(ledger_id: int) -> Select[Any]:
    own = and_(_CAPTURE.c.ledger_id == HOLD.c.ledger_id, _CAPTURE.c.hold_id == HOLD.c.id)
    columns = select(_CAPTURE.c.hold_id, _CAPTURE.c.txn_id).select_from(HOLD.join(_CAPTURE, own))
    return columns.where(HOLD.c.ledger_id == ledger_id)


def _bounds(ledger_id: int) -> Select[Any]:
    told = or_(BALANCE.c.lowest.is_not(None), BALANCE.c.highest.is_not(None), BALANCE.c.version == 0)
    return (
        select(ACCOUNT.c.path, BALANCE.c.asset, _ASSET.c.scale, BALANCE.c.lowest, BALANCE.c.highest)
        .select_from(BALANCE.join(ACCOUNT, _account_of(BALANCE)).join(_ASSET, _asset_of(BALANCE)))
        .where(BALANCE.c.ledger_id == ledger_id, told)
        .order_by(ACCOUNT.c.path, BALANCE.c.asset)
    )


def _account_of(table: Any) -> ColumnElement[bool]:
    return and_(ACCOUNT.c.ledger_id == table.c.ledger_id, ACCOUNT.c.id == table.c.account_id)


def _asset_of(table: Any) -> ColumnElement[bool]:
    return and_(_ASSET.c.ledger_id == table.c.ledger_id, _ASSET.c.code == table.c.asset)


def _metadata_keys(ledger_id: int, *, native: bool) -> Select[Any]:
    current = func.coalesce(_CHANGE.c.metadata, TXN.c.metadata)
    # Both give a row for each pair of the document that they are joined with.
    if native:
        pairs = func.jsonb_each_text(current).table_valued("key", "value", name="pairs").render_derived()
    else:
        pairs = func.json_each(current).table_valued("key", name="pairs")
    changed = and_(_CHANGE.c.ledger_id == TXN.c.ledger_id, _CHANGE.c.txn_id == TXN.c.id)
    key = cast(pairs.c.key, Text).label("key")
    return (
        select(key)
        .distinct()
        .select_from(TXN.outerjoin(_CHANGE, changed).join(pairs, true()))
        .where(TXN.c.ledger_id == ledger_id)
    )


def _attached(
    heads: Iterator[Any], members: Iterator[Row], head_key: _Key, owner_key: _Key
) -> Iterator[tuple[Any, list[Row]]]:
    """Yield each head with its members; both come in the heads' order, and a head may have none."""
    groups = groupby(members, key=owner_key)
    group = next(groups, None)
    for head in heads:
        mine: list[Row] = []
        if group is not None and group[0] == head_key(head):
            mine = list(group[1])
            group = next(groups, None)
        yield head, mine
