"""The tables of the workload, and the data functions: each takes a Session and ends no transaction."""

from __future__ import annotations

from sqlalchemy import Engine, ForeignKey, insert, select, update
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

ACCOUNTS = 8
OPENING_BALANCE = 1_000
PAYLOADS = 2_000
TAKEN = "taken"


class Base(DeclarativeBase):
    """The workload's own metadata."""


class Account(Base):
    """An account; a transfer moves one unit, so the sum of all balances never changes."""

    __tablename__ = "account"
    id: Mapped[int] = mapped_column(primary_key=True)
    balance: Mapped[int]


class Note(Base):
    """A row that a request adds; its body is unique, so that an insert can fail."""

    __tablename__ = "note"
    id: Mapped[int] = mapped_column(primary_key=True)
    body: Mapped[str] = mapped_column(unique=True)


class Payload(Base):
    """A row that is only ever read, for the question of what stays in memory."""

    __tablename__ = "payload"
    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    text: Mapped[str]


def seed(engine: Engine) -> None:
    """Create the tables and their first rows."""
    Base.metadata.create_all(engine)
    accounts = [{"id": number, "balance": OPENING_BALANCE} for number in range(1, ACCOUNTS + 1)]
    payloads = [{"id": number, "account_id": 1, "text": "x" * 100} for number in range(PAYLOADS)]
    with engine.begin() as connection:
        connection.execute(insert(Account), accounts)
        connection.execute(insert(Payload), payloads)
        connection.execute(insert(Note), [{"body": TAKEN}])


def load_account(session: Session, number: int, *, lock: bool) -> tuple[Account, int]:
    """Return an account and its balance as loaded; `lock` asks for SELECT … FOR UPDATE."""
    statement = select(Account).where(Account.id == number)
    account = session.scalars(statement.with_for_update() if lock else statement).one()
    return account, account.balance


def set_balance(session: Session, number: int, balance: int) -> Account:
    """Store a balance that was computed in Python: the write of a read-modify-write."""
    account = session.get_one(Account, number)
    account.balance = balance
    session.flush()
    return account


def move(session: Session, number: int, amount: int) -> None:
    """Change a balance by arithmetic in the database, which loses nothing to concurrent writers."""
    session.execute(update(Account).where(Account.id == number).values(balance=Account.balance + amount))


def balance_of(session: Session, number: int) -> int:
    """Return a balance as a number, without loading an object."""
    return session.execute(select(Account.balance).where(Account.id == number)).scalar_one()


def add_note(session: Session, body: str) -> None:
    """Add a note and send it."""
    session.add(Note(body=body))
    session.flush()


def load_payloads(session: Session, first: int, count: int) -> list[Payload]:
    """Load `count` whole objects."""
    statement = select(Payload).where(Payload.id >= first).order_by(Payload.id).limit(count)
    return list(session.scalars(statement))
