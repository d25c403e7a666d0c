"""Apply checked transactions one after another in memory, to learn which of them the books refuse.

A write of many tells that it was refused, not by whom. So the rows that it would change are locked and
read, and each transaction is tried on them as the write would try it alone. The write remains the judge:
what passed here is written with all its gates.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Select, and_, bindparam, select
from sqlalchemy.orm import Session

from myapp.ledger.assembled import Assembled
from myapp.ledger.books import Book
from myapp.ledger.core import ACCOUNT, BALANCE, LEDGER_ID, TXN
from myapp.ledger.drafts import Entry
from myapp.ledger.errors import LedgerError
from myapp.ledger.holds.expiry import lapsed
from myapp.ledger.holds.locking import lock_with_holds
from myapp.ledger.kit import Kit
from myapp.ledger.opening import type_to_open
from myapp.ledger.plan import BalanceDelta, plan
from myapp.ledger.refusals import of_status, of_totals, reference_exists
from myapp.ledger.running_totals import OPEN
from myapp.ledger.sources import Source
from myapp.ledger.types import Instant, SortedText

_WANTED = Source("w", {"path": SortedText, "asset": SortedText})
_TEXTS = Source("x", {"text": SortedText})
_TOTALS = ("debits", "credits", "pending_debits", "pending_credits", "lowest", "highest")


@dataclass(slots=True)
class Totals:
    """A balance row as the transactions so far have left it; amounts in the smallest unit."""

    debits: int = 0
    credits: int = 0
    pending_debits: int = 0
    pending_credits: int = 0
    lowest: int | None = None
    highest: int | None = None


@dataclass(frozen=True, slots=True)
class KnownAccount:
    """What a posting asks of an account."""

    type: str
    status: str


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """The rows that a batch touches, and the references it may not use; `admit` moves them on."""

    book: Book
    accounts: dict[str, KnownAccount]
    totals: dict[tuple[str, str], Totals]
    references: set[str] = field(default_factory=set)

    def admit(self, entry: Entry) -> LedgerError | None:
        """Apply a transaction; return why it is refused, with nothing changed, if it is."""
        deltas = plan([entry]).balances
        try:
            opened = {each.account: self._account(each.account) for each in deltas}
        except LedgerError as error:
            return error
        refusal = self._refusal(deltas, opened)
        if refusal is None and entry.reference in self.references:
            refusal = reference_exists(entry.reference)
        if refusal is None:
            self._apply(entry, deltas, opened)
        return refusal

    def _account(self, path: str) -> KnownAccount:
        return self.accounts.get(path) or KnownAccount(type_to_open(self.book, path), OPEN)

    def _refusal(
        self, deltas: Sequence[BalanceDelta], accounts: Mapping[str, KnownAccount]
    ) -> LedgerError | None:
        found = (self._of_balance(each, accounts[each.account]) for each in deltas)
        return next((error for error in found if error is not None), None)

    def _of_balance(self, delta: BalanceDelta, account: KnownAccount) -> LedgerError | None:
        totals = self.totals.get((delta.account, delta.asset), Totals())
        return of_status(delta.account, account.status) or of_totals(self.book, delta, totals, account.type)

    def _apply(
        self, entry: Entry, deltas: Sequence[BalanceDelta], accounts: Mapping[str, KnownAccount]
    ) -> None:
        self.accounts.update(accounts)
        if entry.reference is not None:
            self.references.add(entry.reference)
        for delta in deltas:
            totals = self.totals.setdefault((delta.account, delta.asset), Totals())
            totals.debits += delta.debits
            totals.credits += delta.credits


def rehearse(session: Session, book: Book, entries: Iterable[Entry], *, now: datetime) -> Rehearsal:
    """Lock and read what the entries touch; until the transaction ends no one else changes it."""
    entries = list(entries)
    keys = sorted({(each.account, each.asset) for entry in entries for each in entry.postings})
    paths = sorted({(path,) for path, _ in keys})
    references = sorted({(entry.reference,) for entry in entries if entry.reference is not None})
    lock_with_holds(session, book.id, keys, now=now)
    # The balances first: whoever freezes an account changes them, too, so the states are read behind them.
    totals = {
        (row.path, row.asset): Totals(*(getattr(row, name) for name in _TOTALS))
        for row in _BALANCES.run(session, keys, ledger_id=book.id, now=now).all()
        if row.debits is not None
    }
    accounts = {
        row.path: KnownAccount(row.type, row.status)
        for row in _ACCOUNTS.run(session, paths, ledger_id=book.id).all()
        if row.type is not None
    }
    taken = _REFERENCES.run(session, references, ledger_id=book.id).scalars()
    return Rehearsal(book, accounts, totals, {each for each in taken if each is not None})


def _balances(kit: Kit) -> Select[tuple[object, ...]]:
    rows = kit.rows(_WANTED)
    account = and_(ACCOUNT.c.ledger_id == LEDGER_ID, ACCOUNT.c.path == rows.c.path)
    balance = and_(
        BALANCE.c.ledger_id == ACCOUNT.c.ledger_id,
        BALANCE.c.account_id == ACCOUNT.c.id,
        BALANCE.c.asset == rows.c.asset,
    )
    lapsed_debits, lapsed_credits = lapsed(bindparam("now", type_=Instant()))
    # What has expired keeps nothing: the write gives it back.
    pending = {
        "pending_debits": BALANCE.c.pending_debits - lapsed_debits,
        "pending_credits": BALANCE.c.pending_credits - lapsed_credits,
    }
    totals = (pending.get(name, BALANCE.c[name]).label(name) for name in _TOTALS)
    joined = rows.join(ACCOUNT, account, isouter=kit.outer).join(BALANCE, balance, isouter=kit.outer)
    return select(rows.c.path, rows.c.asset, *totals).select_from(joined)


def _accounts(kit: Kit) -> Select[tuple[object, ...]]:
    rows = kit.rows(_TEXTS)
    same = and_(ACCOUNT.c.ledger_id == LEDGER_ID, ACCOUNT.c.path == rows.c.text)
    joined = rows.join(ACCOUNT, same, isouter=kit.outer)
    return select(rows.c.text.label("path"), ACCOUNT.c.type, ACCOUNT.c.status).select_from(joined)


def _references(kit: Kit) -> Select[tuple[object, ...]]:
    rows = kit.rows(_TEXTS)
    same = and_(TXN.c.ledger_id == LEDGER_ID, TXN.c.reference == rows.c.text)
    return select(TXN.c.reference).select_from(rows.join(TXN, same, isouter=kit.outer))


_BALANCES = Assembled(_WANTED, _balances)
_ACCOUNTS = Assembled(_TEXTS, _accounts)
_REFERENCES = Assembled(_TEXTS, _references)
