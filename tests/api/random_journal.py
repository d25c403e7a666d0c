"""A journal of random transactions: written to a ledger, and kept as plain values to compare it with."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from myapp.db import SessionFactory, unit_of_work
from myapp.ledger import accounts, reversals, transactions
from myapp.ledger.books import open_book
from myapp.ledger.drafts import Entry, EntryPosting, ReversalDraft
from myapp.ledger.posting import write_entries

SCALES = {"USD": 2, "JPY": 0, "BTC": 8}
# Neighbours in the order of texts, prefixes of one another, both cases, other alphabets, LIKE's own signs.
PATHS = {
    "assets": "asset",
    "assets:bank": "asset",
    "assets:bank!": "asset",
    "assets:bank:checking": "asset",
    "assets:bank:savings": "asset",
    "assets:bankrupt": "asset",
    "Assets:bank": "asset",
    "assets:b%nk": "asset",
    "assets:b_nk": "asset",
    "equity:opening": "equity",
    "expenses:caf\u00e9": "expense",
    "expenses:food": "expense",
    "expenses:food:snacks:salty": "expense",
    "income:job": "income",
    "liabilities:card": "liability",
    "liabilities:\u8d37\u6b3e": "liability",
    "\U0001f4b0:\uffee": "asset",
}
WORDS = ["Lunch", "lunch", "100%", "pay_day", "M\u00fcller", "\u5348\u9910", "a\\b", "", "rent"]
METADATA = {"trip": ["berlin", "rome", "", "\u00e9"], "a.b": ["1", "\u00df"], "trip.to": ["berlin"]}
# The range of the clock, and of effective days around it; the first instant of all is a neighbour, too.
START = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = 60
EDGES = [timedelta(), timedelta(hours=12), timedelta(days=1) - timedelta(microseconds=1)]


@dataclass(frozen=True)
class Leg:
    """One posting, with what it left behind."""

    account: str
    asset: str
    minor: int
    balance: int
    version: int


@dataclass
class Record:
    """One transaction as it must be answered; the metadata and `reversed_by` may still change."""

    id: UUID
    kind: str
    description: str
    reference: str | None
    effective_at: datetime
    recorded_at: datetime
    metadata: dict[str, str]
    legs: list[Leg]
    reverses: UUID | None = None
    reversed_by: UUID | None = None


@dataclass
class Account:
    """One account as it must be listed; `limited` are the assets that have a limit."""

    path: str
    type: str
    status: str = "open"
    limited: tuple[str, ...] = ()


@dataclass
class Journal:
    """All of a ledger's books: transactions in the order in which they were recorded, accounts by path."""

    records: list[Record] = field(default_factory=list)
    accounts: dict[str, Account] = field(default_factory=dict)
    rows: dict[tuple[str, str], list[int]] = field(default_factory=lambda: defaultdict(list))

    def legs(self) -> Iterator[tuple[Record, Leg]]:
        for record in self.records:
            for leg in record.legs:
                yield record, leg

    def add(self, entry: Entry, recorded_at: datetime) -> None:
        legs = [self._leg(each.account, each.asset, each.amount_minor) for each in entry.postings]
        times = (entry.effective_at, recorded_at)
        texts = (entry.id, entry.kind, entry.description, entry.reference)
        self.records.append(Record(*texts, *times, dict(entry.metadata), legs, entry.reverses))

    def _leg(self, account: str, asset: str, minor: int) -> Leg:
        row = self.rows[account, asset]
        row.append((row[-1] if row else 0) + minor)
        return Leg(account, asset, minor, row[-1], len(row))


def shown(minor: int, asset: str) -> str:
    scale = SCALES[asset]
    return f"{Decimal(minor).scaleb(-scale):.{scale}f}"


def text_of(moment: datetime) -> str:
    """Return a time as the API answers it."""
    return moment.isoformat().replace("+00:00", "Z")


def random_time(chance: random.Random) -> datetime:
    """Return a time at the edge of a day, or anywhere in it."""
    inside = timedelta(microseconds=chance.randrange(24 * 3600 * 10**6))
    return START + timedelta(days=chance.randrange(DAYS)) + chance.choice([*EDGES, inside])


def _postings(chance: random.Random) -> tuple[EntryPosting, ...]:
    postings = []
    for asset in chance.sample(list(SCALES), chance.choice([1, 1, 1, 2])):
        amounts = [chance.choice([-1, 1]) * chance.randint(1, 10**6) for _ in range(chance.choice([1, 1, 2]))]
        rest = -sum(amounts)
        amounts += [rest] if rest else [7, -7]
        postings += [EntryPosting(chance.choice(list(PATHS)), asset, amount) for amount in amounts]
    chance.shuffle(postings)
    return tuple(postings)


def random_entry(chance: random.Random, recorded_at: datetime) -> Entry:
    """Return a random transaction; its id tells nothing of its time, so equal times are told apart by it."""
    keys = chance.sample(list(METADATA), chance.choice([0, 1, 1, 2]))
    return Entry(
        id=uuid4(),
        postings=_postings(chance),
        description=" ".join(chance.sample(WORDS, chance.randrange(3))),
        reference=f"r-{chance.randrange(10**9)}" if chance.random() < 0.3 else None,
        effective_at=random_time(chance),
        metadata={key: chance.choice(METADATA[key]) for key in keys},
        actor="test",
        recorded_at=recorded_at,
    )


def write_journal(factory: SessionFactory, ledger: str, chance: random.Random, count: int) -> Journal:
    """Write a random journal into an empty ledger that has the assets, and return it."""
    journal = Journal()
    with unit_of_work(factory) as session:
        _open(session, ledger, chance, journal)
        recorded_at = START
        while len(journal.records) < count:
            # Several may be recorded at one instant, in one write or in two.
            recorded_at += timedelta(seconds=chance.choice([0, 1, 7_000, 50_000]))
            entries = [random_entry(chance, recorded_at) for _ in range(chance.randint(1, 4))]
            assert write_entries(session, open_book(session, ledger, None), entries, now=START)
            for entry in entries:
                journal.add(entry, recorded_at)
        _change(session, ledger, chance, journal)
    return journal


def _open(session: Session, ledger: str, chance: random.Random, journal: Journal) -> None:
    for path, type_ in PATHS.items():
        limited = ("USD",) if chance.random() < 0.3 else ()
        limits = {asset: {"max": "1000000000.00"} for asset in limited}
        accounts.open_account(session, ledger, path, now=START, account_type=type_, limits=limits)
        journal.accounts[path] = Account(path, type_, limited=limited)
    accounts.open_account(session, ledger, "assets:unused", now=START, limits={"BTC": {"min": "0"}})
    journal.accounts["assets:unused"] = Account("assets:unused", "asset", limited=("BTC",))


def _change(session: Session, ledger: str, chance: random.Random, journal: Journal) -> None:
    book = open_book(session, ledger)
    for record in chance.sample(journal.records, len(journal.records) // 10):
        transactions.change_metadata(session, book, record.id, {"trip": "oslo"}, now=START)
        record.metadata["trip"] = "oslo"
    for record in chance.sample(journal.records, len(journal.records) // 10):
        made = reversals.reverse(
            session, ledger, record.id, ReversalDraft(), now=random_time(chance), actor="t"
        )
        record.reversed_by = made.id
        postings = tuple(EntryPosting(each.account, each.asset, -each.minor) for each in record.legs)
        told = (made.description, made.reference, made.effective_at, made.metadata, made.kind)
        journal.add(Entry(made.id, postings, *told, reverses=record.id), made.recorded_at)
    for path in chance.sample(list(PATHS), 4):
        status = chance.choice(["frozen", "closed"])
        accounts.change(session, ledger, path, now=START, status=status)
        journal.accounts[path].status = status
