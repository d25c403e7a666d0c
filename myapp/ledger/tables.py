"""The tables of the books. Every key starts with the ledger's id, so that books can be sharded by ledger.

alembic/versions/ makes them; a test compares the two. The journal (`txn`, `posting`) is append-only:
triggers in both databases refuse UPDATE and DELETE.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKeyConstraint,
    Identity,
    Index,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column

from myapp.ledger.types import Document, Flag, Id, Instant, Int64, SortedText

STRICT = {"sqlite_strict": True}
# A table that is only ever found by its key, or read along it, is stored in its order.
CLUSTERED = {**STRICT, "sqlite_with_rowid": False}


class Base(DeclarativeBase):
    """The registry of the books' tables."""

    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(referred_table_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
        }
    )


def table_of(model: type[Base]) -> Table:
    """Return a model's table, for statements that need nothing of the ORM."""
    return cast("Table", model.__table__)


class Ledger(Base):
    """A set of books, isolated from every other; known by its name, which never changes."""

    __tablename__ = "ledger"

    id: Mapped[int] = mapped_column(Int64, Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(SortedText, unique=True)
    description: Mapped[str | None] = mapped_column(Text)
    strict_accounts: Mapped[bool] = mapped_column(Flag)
    metadata_: Mapped[dict[str, str]] = mapped_column("metadata", Document)
    created_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (STRICT,)


class Asset(Base):
    """What is counted: a currency, a share, points. Its scale, the number of decimals, never changes."""

    __tablename__ = "asset"

    ledger_id: Mapped[int] = mapped_column(Int64, primary_key=True)
    code: Mapped[str] = mapped_column(SortedText, primary_key=True)
    scale: Mapped[int] = mapped_column(Int64)
    name: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        ForeignKeyConstraint(["ledger_id"], ["ledger.id"]),
        CheckConstraint("scale BETWEEN 0 AND 18", name="scale"),
        CLUSTERED,
    )


class Account(Base):
    """A path with a type; `id` is the short name that postings carry."""

    __tablename__ = "account"

    ledger_id: Mapped[int] = mapped_column(Int64, primary_key=True)
    # On SQLite the opening statement itself counts on from the ledger's highest id.
    id: Mapped[int] = mapped_column(Int64, Identity(), primary_key=True)
    path: Mapped[str] = mapped_column(SortedText)
    type: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text)
    metadata_: Mapped[dict[str, str]] = mapped_column("metadata", Document)
    created_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        ForeignKeyConstraint(["ledger_id"], ["ledger.id"]),
        UniqueConstraint("ledger_id", "path"),
        # The target of balance.status, which the database keeps equal to this one.
        UniqueConstraint("ledger_id", "id", "status"),
        CheckConstraint("type IN ('asset', 'liability', 'equity', 'income', 'expense')", name="type"),
        CheckConstraint("status IN ('open', 'frozen', 'closed')", name="status"),
        STRICT,
    )


class Balance(Base):
    """The running totals of one asset on one account, in the smallest unit, and its limits.

    `lowest` and `highest` bound debits minus credits, whatever the account's normal side is, so that
    the write statement compares without knowing the type. `version` grows by one with each posting.
    """

    __tablename__ = "balance"

    ledger_id: Mapped[int] = mapped_column(Int64, primary_key=True)
    account_id: Mapped[int] = mapped_column(Int64, primary_key=True)
    asset: Mapped[str] = mapped_column(SortedText, primary_key=True)
    # A copy of the account's, held equal by the foreign key: so a posting needs only this row's lock,
    # and no race can post to an account that was frozen meanwhile.
    status: Mapped[str] = mapped_column(Text)
    debits: Mapped[int] = mapped_column(Int64)
    credits: Mapped[int] = mapped_column(Int64)
    pending_debits: Mapped[int] = mapped_column(Int64)
    pending_credits: Mapped[int] = mapped_column(Int64)
    version: Mapped[int] = mapped_column(Int64)
    lowest: Mapped[int | None] = mapped_column(Int64)
    highest: Mapped[int | None] = mapped_column(Int64)

    __table_args__ = (
        ForeignKeyConstraint(
            ["ledger_id", "account_id", "status"],
            ["account.ledger_id", "account.id", "account.status"],
            onupdate="CASCADE",
        ),
        ForeignKeyConstraint(["ledger_id", "asset"], ["asset.ledger_id", "asset.code"]),
        CheckConstraint(
            "debits >= 0 AND credits >= 0 AND pending_debits >= 0 AND pending_credits >= 0 AND version >= 0",
            name="totals",
        ),
        CLUSTERED,
    )


class Transaction(Base):
    """An immutable, balanced set of postings. `metadata` is as first recorded; see TransactionMetadata."""

    __tablename__ = "txn"

    ledger_id: Mapped[int] = mapped_column(Int64, primary_key=True)
    id: Mapped[UUID] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text)
    reference: Mapped[str | None] = mapped_column(Text)
    effective_at: Mapped[datetime] = mapped_column(Instant)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    actor: Mapped[str] = mapped_column(Text)
    metadata_: Mapped[dict[str, str]] = mapped_column("metadata", Document)
    reverses: Mapped[UUID | None] = mapped_column(Id)

    __table_args__ = (
        ForeignKeyConstraint(["ledger_id"], ["ledger.id"]),
        ForeignKeyConstraint(["ledger_id", "reverses"], ["txn.ledger_id", "txn.id"]),
        UniqueConstraint("ledger_id", "reference"),
        # A transaction is reversed at most once.
        UniqueConstraint("ledger_id", "reverses"),
        Index(None, "ledger_id", "recorded_at", "id"),
        Index(None, "ledger_id", "effective_at", "id"),
        STRICT,
    )


class TransactionMetadata(Base):
    """The metadata of a transaction after its first change: the one thing about it that can change."""

    __tablename__ = "txn_metadata"

    ledger_id: Mapped[int] = mapped_column(Int64, primary_key=True)
    txn_id: Mapped[UUID] = mapped_column(Id, primary_key=True)
    metadata_: Mapped[dict[str, str]] = mapped_column("metadata", Document)
    changed_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        ForeignKeyConstraint(["ledger_id", "txn_id"], ["txn.ledger_id", "txn.id"]),
        CLUSTERED,
    )


class Posting(Base):
    """One signed amount of one asset on one account; positive is a debit.

    `version`, `balance` and `debits` are the balance row's just after it, so a statement is one range scan, a
    gap or a break shows corruption, and what was known once is found. Both times are the transaction's,
    copied for that scan. So are `day_debits` and `day_credits` the totals of its effective day just after
    it, and the other two those of its month: what such totals once were is found, and never summed.
    """

    __tablename__ = "posting"

    ledger_id: Mapped[int] = mapped_column(Int64, primary_key=True)
    account_id: Mapped[int] = mapped_column(Int64, primary_key=True)
    asset: Mapped[str] = mapped_column(SortedText, primary_key=True)
    version: Mapped[int] = mapped_column(Int64, primary_key=True)
    txn_id: Mapped[UUID] = mapped_column(Id)
    position: Mapped[int] = mapped_column(Int64)
    amount: Mapped[int] = mapped_column(Int64)
    balance: Mapped[int] = mapped_column(Int64)
    debits: Mapped[int] = mapped_column(Int64)
    effective_at: Mapped[datetime] = mapped_column(Instant)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    # The day of `effective_at`, as in BalanceDay.
    day: Mapped[int] = mapped_column(Int64)
    day_debits: Mapped[int] = mapped_column(Int64)
    day_credits: Mapped[int] = mapped_column(Int64)
    # The month of `effective_at`, as in BalanceMonth.
    month: Mapped[int] = mapped_column(Int64)
    month_debits: Mapped[int] = mapped_column(Int64)
    month_credits: Mapped[int] = mapped_column(Int64)

    __table_args__ = (
        ForeignKeyConstraint(["ledger_id", "txn_id"], ["txn.ledger_id", "txn.id"]),
        ForeignKeyConstraint(
            ["ledger_id", "account_id", "asset"],
            ["balance.ledger_id", "balance.account_id", "balance.asset"],
        ),
        UniqueConstraint("ledger_id", "txn_id", "position"),
        CheckConstraint("amount <> 0", name="amount"),
        CheckConstraint("day_debits >= 0 AND day_credits >= 0", name="day_totals"),
        CheckConstraint("month_debits >= 0 AND month_credits >= 0", name="month_totals"),
        # With the amount, so that a part of a day is summed without a look at the postings.
        Index("ix_posting_by_time", "ledger_id", "account_id", "asset", "effective_at", "version", "amount"),
        Index(None, "ledger_id", "account_id", "asset", "day", "version"),
        Index(None, "ledger_id", "account_id", "asset", "month", "version"),
        CLUSTERED,
    )


class _TotalsOf:
    """The totals of one balance in a period, which is the last column of the key.

    Its postings are from `first_version` to `version`: what was known before or after needs no look at them.
    """

    ledger_id: Mapped[int] = mapped_column(Int64, primary_key=True)
    account_id: Mapped[int] = mapped_column(Int64, primary_key=True)
    asset: Mapped[str] = mapped_column(SortedText, primary_key=True)
    # The period comes between, in the key and in the row, as the migrations have it.
    debits: Mapped[int] = mapped_column(Int64, sort_order=2)
    credits: Mapped[int] = mapped_column(Int64, sort_order=2)
    first_version: Mapped[int] = mapped_column(Int64, sort_order=2)
    version: Mapped[int] = mapped_column(Int64, sort_order=2)

    @declared_attr.directive
    def __table_args__(cls) -> tuple[Any, ...]:  # noqa: N805
        return (
            ForeignKeyConstraint(
                ["ledger_id", "account_id", "asset"],
                ["balance.ledger_id", "balance.account_id", "balance.asset"],
            ),
            CheckConstraint("debits >= 0 AND credits >= 0", name="totals"),
            CLUSTERED,
        )


class BalanceDay(_TotalsOf, Base):
    """The totals of one balance on one effective day (days since 1970-01-01, UTC).

    With those of whole months, a balance as of a day is a short sum over them, and a backdated posting
    changes one row of each.
    """

    __tablename__ = "balance_day"

    day: Mapped[int] = mapped_column(Int64, primary_key=True, sort_order=1)


class BalanceMonth(_TotalsOf, Base):
    """The same of one effective month (months since January 1970, UTC)."""

    __tablename__ = "balance_month"

    month: Mapped[int] = mapped_column(Int64, primary_key=True, sort_order=1)


class Idempotency(Base):
    """A key that succeeded: its request's fingerprint and its answer, written with the money itself.

    `ledger_id` is 0 for keys outside every ledger, so it is no foreign key. A transaction's answer is
    not stored again: `txn_id` points to rows that can never change.
    """

    __tablename__ = "idempotency"

    ledger_id: Mapped[int] = mapped_column(Int64, primary_key=True, autoincrement=False)
    key: Mapped[str] = mapped_column(SortedText, primary_key=True)
    fingerprint: Mapped[str] = mapped_column(Text)
    status: Mapped[int] = mapped_column(Int64)
    txn_id: Mapped[UUID | None] = mapped_column(Id)
    answer: Mapped[Any | None] = mapped_column(Document)
    created_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (CLUSTERED,)
