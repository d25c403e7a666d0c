"""The first books: ledgers, assets, accounts, balances, the journal, idempotency keys.

The journal's tables are append-only: triggers refuse UPDATE and DELETE in both databases, one per table
and statement, none per tenant. On PostgreSQL, TRUNCATE is refused as well.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# What a STRICT table of SQLite allows, and its counterpart on PostgreSQL. They are written out here,
# and not imported, because a migration must go on meaning what it meant.
INT64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SORTED_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INSTANT = sa.Integer().with_variant(TIMESTAMP(timezone=True), "postgresql")
ID = sa.Text().with_variant(sa.Uuid(), "postgresql")
DOCUMENT = sa.Text().with_variant(JSONB(), "postgresql")
FLAG = sa.Integer().with_variant(sa.Boolean(), "postgresql")

APPEND_ONLY = ("txn", "posting")

POSTGRESQL_FUNCTION = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: correct a mistake with a reversal', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$
"""


def upgrade() -> None:
    """Make the tables, then close the journal."""
    op.create_table(
        "idempotency",
        sa.Column("ledger_id", INT64, autoincrement=False, nullable=False),
        sa.Column("key", SORTED_TEXT, nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("status", INT64, nullable=False),
        sa.Column("txn_id", ID, nullable=True),
        sa.Column("answer", DOCUMENT, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("ledger_id", "key", name=op.f("pk_idempotency")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "ledger",
        sa.Column("id", INT64, sa.Identity(always=False), nullable=False),
        sa.Column("name", SORTED_TEXT, nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("strict_accounts", FLAG, nullable=False),
        sa.Column("metadata", DOCUMENT, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger")),
        sa.UniqueConstraint("name", name=op.f("uq_ledger_name")),
        sqlite_strict=True,
    )
    op.create_table(
        "account",
        sa.Column("ledger_id", INT64, nullable=False),
        sa.Column("id", INT64, sa.Identity(always=False), nullable=False),
        sa.Column("path", SORTED_TEXT, nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("metadata", DOCUMENT, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint("status IN ('open', 'frozen', 'closed')", name=op.f("ck_account_status")),
        sa.CheckConstraint(
            "type IN ('asset', 'liability', 'equity', 'income', 'expense')", name=op.f("ck_account_type")
        ),
        sa.ForeignKeyConstraint(["ledger_id"], ["ledger.id"], name=op.f("fk_account_ledger")),
        sa.PrimaryKeyConstraint("ledger_id", "id", name=op.f("pk_account")),
        sa.UniqueConstraint("ledger_id", "id", "status", name=op.f("uq_account_ledger_id_id_status")),
        sa.UniqueConstraint("ledger_id", "path", name=op.f("uq_account_ledger_id_path")),
        sqlite_strict=True,
    )
    op.create_table(
        "asset",
        sa.Column("ledger_id", INT64, nullable=False),
        sa.Column("code", SORTED_TEXT, nullable=False),
        sa.Column("scale", INT64, nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint("scale BETWEEN 0 AND 18", name=op.f("ck_asset_scale")),
        sa.ForeignKeyConstraint(["ledger_id"], ["ledger.id"], name=op.f("fk_asset_ledger")),
        sa.PrimaryKeyConstraint("ledger_id", "code", name=op.f("pk_asset")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "txn",
        sa.Column("ledger_id", INT64, nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("effective_at", INSTANT, nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("metadata", DOCUMENT, nullable=False),
        sa.Column("reverses", ID, nullable=True),
        sa.ForeignKeyConstraint(
            ["ledger_id", "reverses"], ["txn.ledger_id", "txn.id"], name=op.f("fk_txn_txn")
        ),
        sa.ForeignKeyConstraint(["ledger_id"], ["ledger.id"], name=op.f("fk_txn_ledger")),
        sa.PrimaryKeyConstraint("ledger_id", "id", name=op.f("pk_txn")),
        sa.UniqueConstraint("ledger_id", "reference", name=op.f("uq_txn_ledger_id_reference")),
        sa.UniqueConstraint("ledger_id", "reverses", name=op.f("uq_txn_ledger_id_reverses")),
        sqlite_strict=True,
    )
    op.create_index(
        op.f("ix_txn_ledger_id_effective_at_id"), "txn", ["ledger_id", "effective_at", "id"], unique=False
    )
    op.create_index(
        op.f("ix_txn_ledger_id_recorded_at_id"), "txn", ["ledger_id", "recorded_at", "id"], unique=False
    )
    op.create_table(
        "balance",
        sa.Column("ledger_id", INT64, nullable=False),
        sa.Column("account_id", INT64, nullable=False),
        sa.Column("asset", SORTED_TEXT, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("debits", INT64, nullable=False),
        sa.Column("credits", INT64, nullable=False),
        sa.Column("pending_debits", INT64, nullable=False),
        sa.Column("pending_credits", INT64, nullable=False),
        sa.Column("version", INT64, nullable=False),
        sa.Column("lowest", INT64, nullable=True),
        sa.Column("highest", INT64, nullable=True),
        sa.CheckConstraint(
            "debits >= 0 AND credits >= 0 AND pending_debits >= 0 AND pending_credits >= 0 AND version >= 0",
            name=op.f("ck_balance_totals"),
        ),
        sa.ForeignKeyConstraint(
            ["ledger_id", "account_id", "status"],
            ["account.ledger_id", "account.id", "account.status"],
            name=op.f("fk_balance_account"),
            onupdate="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["ledger_id", "asset"], ["asset.ledger_id", "asset.code"], name=op.f("fk_balance_asset")
        ),
        sa.PrimaryKeyConstraint("ledger_id", "account_id", "asset", name=op.f("pk_balance")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "txn_metadata",
        sa.Column("ledger_id", INT64, nullable=False),
        sa.Column("txn_id", ID, nullable=False),
        sa.Column("metadata", DOCUMENT, nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["ledger_id", "txn_id"], ["txn.ledger_id", "txn.id"], name=op.f("fk_txn_metadata_txn")
        ),
        sa.PrimaryKeyConstraint("ledger_id", "txn_id", name=op.f("pk_txn_metadata")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "balance_day",
        sa.Column("ledger_id", INT64, nullable=False),
        sa.Column("account_id", INT64, nullable=False),
        sa.Column("asset", SORTED_TEXT, nullable=False),
        sa.Column("day", INT64, nullable=False),
        sa.Column("debits", INT64, nullable=False),
        sa.Column("credits", INT64, nullable=False),
        sa.CheckConstraint("debits >= 0 AND credits >= 0", name=op.f("ck_balance_day_totals")),
        sa.ForeignKeyConstraint(
            ["ledger_id", "account_id", "asset"],
            ["balance.ledger_id", "balance.account_id", "balance.asset"],
            name=op.f("fk_balance_day_balance"),
        ),
        sa.PrimaryKeyConstraint("ledger_id", "account_id", "asset", "day", name=op.f("pk_balance_day")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "posting",
        sa.Column("ledger_id", INT64, nullable=False),
        sa.Column("account_id", INT64, nullable=False),
        sa.Column("asset", SORTED_TEXT, nullable=False),
        sa.Column("version", INT64, nullable=False),
        sa.Column("txn_id", ID, nullable=False),
        sa.Column("position", INT64, nullable=False),
        sa.Column("amount", INT64, nullable=False),
        sa.Column("balance", INT64, nullable=False),
        sa.Column("effective_at", INSTANT, nullable=False),
        sa.Column("recorded_at", INSTANT, nullable=False),
        sa.CheckConstraint("amount <> 0", name=op.f("ck_posting_amount")),
        sa.ForeignKeyConstraint(
            ["ledger_id", "account_id", "asset"],
            ["balance.ledger_id", "balance.account_id", "balance.asset"],
            name=op.f("fk_posting_balance"),
        ),
        sa.ForeignKeyConstraint(
            ["ledger_id", "txn_id"], ["txn.ledger_id", "txn.id"], name=op.f("fk_posting_txn")
        ),
        sa.PrimaryKeyConstraint("ledger_id", "account_id", "asset", "version", name=op.f("pk_posting")),
        sa.UniqueConstraint(
            "ledger_id", "txn_id", "position", name=op.f("uq_posting_ledger_id_txn_id_position")
        ),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_posting_ledger_id_account_id_asset_effective_at_version"),
        "posting",
        ["ledger_id", "account_id", "asset", "effective_at", "version"],
        unique=False,
    )
    for table in APPEND_ONLY:
        _make_append_only(table)


def _make_append_only(table: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        for event in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_refuses_{event.lower()} BEFORE {event} ON {table} BEGIN "
                f"SELECT RAISE(ABORT, '{table} is append-only: correct a mistake with a reversal'); END"
            )
        return
    if table == APPEND_ONLY[0]:
        op.execute(POSTGRESQL_FUNCTION)
    op.execute(
        f"CREATE TRIGGER {table}_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    """Drop everything; the journal's triggers go with their tables."""
    op.drop_index(op.f("ix_posting_ledger_id_account_id_asset_effective_at_version"), table_name="posting")
    op.drop_table("posting")
    op.drop_table("balance_day")
    op.drop_table("txn_metadata")
    op.drop_table("balance")
    op.drop_index(op.f("ix_txn_ledger_id_recorded_at_id"), table_name="txn")
    op.drop_index(op.f("ix_txn_ledger_id_effective_at_id"), table_name="txn")
    op.drop_table("txn")
    op.drop_table("asset")
    op.drop_table("account")
    op.drop_table("ledger")
    op.drop_table("idempotency")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_change()")
