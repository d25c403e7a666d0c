"""Each posting gets its effective day and the totals of that day as it left them, each day its last version.

So what a day's totals were at any time is found by version, and never summed. The rows that are there get
theirs from what the journal says. For that, its triggers are off within the one transaction: nobody else ever
sees the table without them.
"""

# ruff: noqa: S608 - every part of the SQL is written here.

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TIMESTAMP

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

INT64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SORTED_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INSTANT = sa.Integer().with_variant(TIMESTAMP(timezone=True), "postgresql")
ID = sa.Text().with_variant(sa.Uuid(), "postgresql")

KEPT = "ledger_id, account_id, asset, version, txn_id, position, amount, balance, effective_at, recorded_at"
ADDED = ("day", "day_debits", "day_credits")
BY_TIME = (
    "ix_posting_ledger_id_account_id_asset_effective_at_version",
    ["ledger_id", "account_id", "asset", "effective_at", "version"],
)
BY_DAY = (
    "ix_posting_ledger_id_account_id_asset_day_version",
    ["ledger_id", "account_id", "asset", "day", "version"],
)
# SQLite divides towards zero; the day before 1970 must be the day -1.
SQLITE_DAY = "effective_at / 86400000000 - (effective_at % 86400000000 < 0)"
POSTGRESQL_DAY = "CAST(floor(extract(epoch FROM effective_at) / 86400) AS bigint)"
NOT_NEGATIVE = "day_debits >= 0 AND day_credits >= 0"
DAY_COLUMNS = "ledger_id, account_id, asset, day, debits, credits"


def upgrade() -> None:
    """Add the columns with what the journal says, and find postings by day."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    if is_sqlite:
        _remake_postings_on_sqlite(_filled(SQLITE_DAY), ADDED)
    else:
        _fill_postings_on_postgresql()
    op.create_index(op.f(BY_DAY[0]), "posting", BY_DAY[1], unique=False)
    if is_sqlite:
        rows = f"SELECT {DAY_COLUMNS}, {_last_version('day_before')} FROM balance_day_before AS day_before"
        _remake_days_on_sqlite(rows, ("version",))
    else:
        op.add_column("balance_day", sa.Column("version", INT64, nullable=True))
        op.execute(f"UPDATE balance_day SET version = {_last_version('balance_day')}")
        op.alter_column("balance_day", "version", nullable=False)


def downgrade() -> None:
    """Drop the columns; they say nothing that the others do not."""
    op.drop_index(op.f(BY_DAY[0]), table_name="posting")
    if op.get_bind().dialect.name == "sqlite":
        _remake_days_on_sqlite(f"SELECT {DAY_COLUMNS} FROM balance_day_before")
        _remake_postings_on_sqlite(f"SELECT {KEPT} FROM posting_before")
        return
    op.drop_column("balance_day", "version")
    for name in ADDED:
        op.drop_column("posting", name)


def _last_version(day: str) -> str:
    same = " AND ".join(
        f"posting.{name} = {day}.{name}" for name in ("ledger_id", "account_id", "asset", "day")
    )
    return f"(SELECT max(posting.version) FROM posting WHERE {same})"


def _filled(day: str, table: str = "posting_before") -> str:
    return f"""
        SELECT {KEPT}, day,
            CAST(sum(CASE WHEN amount > 0 THEN amount ELSE 0 END) OVER so_far AS bigint) AS day_debits,
            CAST(sum(CASE WHEN amount < 0 THEN -amount ELSE 0 END) OVER so_far AS bigint) AS day_credits
        FROM (SELECT {KEPT}, {day} AS day FROM {table}) AS dated
        WINDOW so_far AS (PARTITION BY ledger_id, account_id, asset, day ORDER BY version)
    """


def _fill_postings_on_postgresql() -> None:
    op.execute("ALTER TABLE posting DISABLE TRIGGER posting_is_append_only")
    for name in ADDED:
        op.add_column("posting", sa.Column(name, INT64, nullable=True))
    op.execute(
        f"UPDATE posting SET {', '.join(f'{name} = filled.{name}' for name in ADDED)} "
        f"FROM ({_filled(POSTGRESQL_DAY, 'posting')}) AS filled "
        "WHERE (posting.ledger_id, posting.account_id, posting.asset, posting.version) "
        "= (filled.ledger_id, filled.account_id, filled.asset, filled.version)"
    )
    for name in ADDED:
        op.alter_column("posting", name, nullable=False)
    op.create_check_constraint(op.f("ck_posting_day_totals"), "posting", NOT_NEGATIVE)
    op.execute("ALTER TABLE posting ENABLE TRIGGER posting_is_append_only")


def _remake_postings_on_sqlite(rows: str, added: tuple[str, ...] = ()) -> None:
    """Make the table anew, because SQLite adds no column that must have a value, and copy the rows."""
    for event in ("update", "delete"):
        op.execute(f"DROP TRIGGER posting_refuses_{event}")
    op.drop_index(op.f(BY_TIME[0]), table_name="posting")
    op.rename_table("posting", "posting_before")
    _create_postings_on_sqlite(added)
    op.execute(f"INSERT INTO posting ({', '.join((KEPT, *added))}) {rows}")
    op.drop_table("posting_before")
    op.create_index(op.f(BY_TIME[0]), "posting", BY_TIME[1], unique=False)
    for event in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER posting_refuses_{event.lower()} BEFORE {event} ON posting BEGIN "
            "SELECT RAISE(ABORT, 'posting is append-only: correct a mistake with a reversal'); END"
        )


def _remake_days_on_sqlite(rows: str, added: tuple[str, ...] = ()) -> None:
    op.rename_table("balance_day", "balance_day_before")
    op.create_table(
        "balance_day",
        sa.Column("ledger_id", INT64, nullable=False),
        sa.Column("account_id", INT64, nullable=False),
        sa.Column("asset", SORTED_TEXT, nullable=False),
        sa.Column("day", INT64, nullable=False),
        sa.Column("debits", INT64, nullable=False),
        sa.Column("credits", INT64, nullable=False),
        *(sa.Column(name, INT64, nullable=False) for name in added),
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
    op.execute(f"INSERT INTO balance_day ({', '.join((DAY_COLUMNS, *added))}) {rows}")
    op.drop_table("balance_day_before")


def _create_postings_on_sqlite(added: tuple[str, ...]) -> None:
    checks = [sa.CheckConstraint("amount <> 0", name=op.f("ck_posting_amount"))]
    if added:
        checks.append(sa.CheckConstraint(NOT_NEGATIVE, name=op.f("ck_posting_day_totals")))
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
        *(sa.Column(name, INT64, nullable=False) for name in added),
        *checks,
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
