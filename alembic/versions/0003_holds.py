"""Holds: what is set aside, posting by posting, and the transactions that captured it."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

INT64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SORTED_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INSTANT = sa.Integer().with_variant(TIMESTAMP(timezone=True), "postgresql")
ID = sa.Text().with_variant(sa.Uuid(), "postgresql")
DOCUMENT = sa.Text().with_variant(JSONB(), "postgresql")

STILL_HELD = sa.text("remaining <> 0")
NOTHING_PENDING = (
    "UPDATE balance SET pending_debits = 0, pending_credits = 0 "
    "WHERE pending_debits <> 0 OR pending_credits <> 0"
)


def upgrade() -> None:
    """Make the tables; a capture can only be added."""
    op.create_table(
        "hold",
        sa.Column("ledger_id", INT64, nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("effective_at", INSTANT, nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("metadata", DOCUMENT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=True),
        sa.CheckConstraint(
            "status IN ('open', 'captured', 'voided', 'expired')", name=op.f("ck_hold_status")
        ),
        sa.ForeignKeyConstraint(["ledger_id"], ["ledger.id"], name=op.f("fk_hold_ledger")),
        sa.PrimaryKeyConstraint("ledger_id", "id", name=op.f("pk_hold")),
        sa.UniqueConstraint("ledger_id", "reference", name=op.f("uq_hold_ledger_id_reference")),
        sqlite_strict=True,
    )
    op.create_index(
        op.f("ix_hold_ledger_id_recorded_at_id"), "hold", ["ledger_id", "recorded_at", "id"], unique=False
    )
    op.create_index(
        op.f("ix_hold_ledger_id_status_expires_at"),
        "hold",
        ["ledger_id", "status", "expires_at"],
        unique=False,
    )
    op.create_table(
        "hold_posting",
        sa.Column("ledger_id", INT64, nullable=False),
        sa.Column("hold_id", ID, nullable=False),
        sa.Column("position", INT64, nullable=False),
        sa.Column("account_id", INT64, nullable=False),
        sa.Column("asset", SORTED_TEXT, nullable=False),
        sa.Column("amount", INT64, nullable=False),
        sa.Column("remaining", INT64, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=True),
        sa.CheckConstraint(
            "amount > 0 AND remaining BETWEEN 0 AND amount OR amount < 0 AND remaining BETWEEN amount AND 0",
            name=op.f("ck_hold_posting_remaining"),
        ),
        sa.ForeignKeyConstraint(
            ["ledger_id", "account_id", "asset"],
            ["balance.ledger_id", "balance.account_id", "balance.asset"],
            name=op.f("fk_hold_posting_balance"),
        ),
        sa.ForeignKeyConstraint(
            ["ledger_id", "hold_id"], ["hold.ledger_id", "hold.id"], name=op.f("fk_hold_posting_hold")
        ),
        sa.PrimaryKeyConstraint("ledger_id", "hold_id", "position", name=op.f("pk_hold_posting")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_hold_posting_ledger_id_account_id_asset_hold_id"),
        "hold_posting",
        ["ledger_id", "account_id", "asset", "hold_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_hold_posting_ledger_id_account_id_asset_expires_at"),
        "hold_posting",
        ["ledger_id", "account_id", "asset", "expires_at"],
        unique=False,
        sqlite_where=STILL_HELD,
        postgresql_where=STILL_HELD,
    )
    op.create_table(
        "hold_capture",
        sa.Column("ledger_id", INT64, nullable=False),
        sa.Column("hold_id", ID, nullable=False),
        sa.Column("number", INT64, nullable=False),
        sa.Column("txn_id", ID, nullable=False),
        sa.CheckConstraint("number > 0", name=op.f("ck_hold_capture_number")),
        sa.ForeignKeyConstraint(
            ["ledger_id", "hold_id"], ["hold.ledger_id", "hold.id"], name=op.f("fk_hold_capture_hold")
        ),
        sa.ForeignKeyConstraint(
            ["ledger_id", "txn_id"], ["txn.ledger_id", "txn.id"], name=op.f("fk_hold_capture_txn")
        ),
        sa.PrimaryKeyConstraint("ledger_id", "hold_id", "number", name=op.f("pk_hold_capture")),
        sa.UniqueConstraint("ledger_id", "txn_id", name=op.f("uq_hold_capture_ledger_id_txn_id")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    _make_append_only("hold_capture")


def _make_append_only(table: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        for event in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_refuses_{event.lower()} BEFORE {event} ON {table} BEGIN "
                f"SELECT RAISE(ABORT, '{table} is append-only: correct a mistake with a reversal'); END"
            )
        return
    op.execute(
        f"CREATE TRIGGER {table}_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    """Drop the tables; what they held is let go."""
    op.drop_table("hold_capture")
    op.drop_index(op.f("ix_hold_posting_ledger_id_account_id_asset_expires_at"), table_name="hold_posting")
    op.drop_index(op.f("ix_hold_posting_ledger_id_account_id_asset_hold_id"), table_name="hold_posting")
    op.drop_table("hold_posting")
    op.drop_index(op.f("ix_hold_ledger_id_status_expires_at"), table_name="hold")
    op.drop_index(op.f("ix_hold_ledger_id_recorded_at_id"), table_name="hold")
    op.drop_table("hold")
    op.execute(NOTHING_PENDING)
