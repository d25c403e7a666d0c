"""The tables of holds. What is held stands on the balance rows too, as their pending totals.

A posting of a hold holds its `remaining`, which is zero once the hold is no longer open. So the pending
totals of a balance row are the sums of `remaining` over its hold postings, whatever became of the holds.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from myapp.ledger.tables import CLUSTERED, STRICT, Base
from myapp.ledger.types import Document, Id, Instant, Int64, SortedText

# Without its closed rows the index stays as small as what is held now. A statement must say this very text
# for SQLite to choose the index.
STILL_HELD = text("remaining <> 0")


class Hold(Base):
    """A balanced set of amounts set aside; open until it is captured, voided or past `expires_at`.

    An expired hold may still say `open`: nothing waits for a job that would mark it.
    """

    __tablename__ = "hold"

    ledger_id: Mapped[int] = mapped_column(Int64, primary_key=True)
    id: Mapped[UUID] = mapped_column(Id, primary_key=True)
    status: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text)
    reference: Mapped[str | None] = mapped_column(Text)
    effective_at: Mapped[datetime] = mapped_column(Instant)
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    actor: Mapped[str] = mapped_column(Text)
    metadata_: Mapped[dict[str, str]] = mapped_column("metadata", Document)
    expires_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        ForeignKeyConstraint(["ledger_id"], ["ledger.id"]),
        UniqueConstraint("ledger_id", "reference"),
        CheckConstraint("status IN ('open', 'captured', 'voided', 'expired')", name="status"),
        Index(None, "ledger_id", "recorded_at", "id"),
        Index(None, "ledger_id", "status", "expires_at"),
        STRICT,
    )


class HoldPosting(Base):
    """One signed amount set aside on one account; positive is a debit to come.

    `expires_at` is the hold's, copied so that what has expired of a balance is one short range scan.
    """

    __tablename__ = "hold_posting"

    ledger_id: Mapped[int] = mapped_column(Int64, primary_key=True)
    hold_id: Mapped[UUID] = mapped_column(Id, primary_key=True)
    position: Mapped[int] = mapped_column(Int64, primary_key=True)
    account_id: Mapped[int] = mapped_column(Int64)
    asset: Mapped[str] = mapped_column(SortedText)
    amount: Mapped[int] = mapped_column(Int64)
    remaining: Mapped[int] = mapped_column(Int64)
    expires_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        ForeignKeyConstraint(["ledger_id", "hold_id"], ["hold.ledger_id", "hold.id"]),
        ForeignKeyConstraint(
            ["ledger_id", "account_id", "asset"],
            ["balance.ledger_id", "balance.account_id", "balance.asset"],
        ),
        CheckConstraint(
            "amount > 0 AND remaining BETWEEN 0 AND amount OR amount < 0 AND remaining BETWEEN amount AND 0",
            name="remaining",
        ),
        # With the whole key of the balance: SQLite would look for children of a new balance without it.
        Index(None, "ledger_id", "account_id", "asset", "hold_id"),
        Index(
            None,
            "ledger_id",
            "account_id",
            "asset",
            "expires_at",
            sqlite_where=STILL_HELD,
            postgresql_where=STILL_HELD,
        ),
        CLUSTERED,
    )


class HoldCapture(Base):
    """A transaction that captured a hold, or a part of it; `number` counts from one. Append-only."""

    __tablename__ = "hold_capture"

    ledger_id: Mapped[int] = mapped_column(Int64, primary_key=True)
    hold_id: Mapped[UUID] = mapped_column(Id, primary_key=True)
    number: Mapped[int] = mapped_column(Int64, primary_key=True)
    txn_id: Mapped[UUID] = mapped_column(Id)

    __table_args__ = (
        ForeignKeyConstraint(["ledger_id", "hold_id"], ["hold.ledger_id", "hold.id"]),
        ForeignKeyConstraint(["ledger_id", "txn_id"], ["txn.ledger_id", "txn.id"]),
        UniqueConstraint("ledger_id", "txn_id"),
        CheckConstraint("number > 0", name="number"),
        CLUSTERED,
    )
