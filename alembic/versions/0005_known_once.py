"""Each posting gets its balance's total debits as it left them, each day the version of its first posting.

So debits and credits that were known at any time are those of one posting, and a day of which nothing was
known yet is told from its row. Postings are found by time with their amounts. The rows that are there get
theirs from what the journal says. For that, its triggers are off within the one transaction: nobody else ever
sees the table without them.
"""

# ruff: noqa: S608 - every part of the SQL is written here.

from __future__ import annotations

import sqlalchemy as sa

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

KEY = ["ledger_id", "account_id", "asset"]
BY_TIME = ("ix_posting_by_time", [*KEY, "effective_at", "version", "amount"])
BY_TIME_BEFORE = (
    "ix_posting_ledger_id_account_id_asset_effective_at_version",
    [*KEY, "effective_at", "version"],
)
# The table and its new column, and what that is of the rows that are there, by the names of their table.
DEBITS = (
    "posting",
    "debits",
    "CAST(sum(CASE WHEN amount > 0 THEN amount ELSE 0 END)"
    " OVER (PARTITION BY ledger_id, account_id, asset ORDER BY version) AS bigint)",
)
FIRST_VERSION = (
    "balance_day",
    "first_version",
    "(SELECT min(posting.version) FROM posting WHERE posting.ledger_id = {rows}.ledger_id"
    " AND posting.account_id = {rows}.account_id AND posting.asset = {rows}.asset"
    " AND posting.day = {rows}.day)",
)


def upgrade() -> None:
    """Add the columns with what the journal says, and the amounts to the index by time."""
    op.drop_index(op.f(BY_TIME_BEFORE[0]), table_name="posting")
    if op.get_bind().dialect.name == "sqlite":
        _add_on_sqlite(*DEBITS, behind="balance")
        _add_on_sqlite(*FIRST_VERSION, behind="credits")
    else:
        _add_on_postgresql()
    op.create_index(op.f(BY_TIME[0]), "posting", BY_TIME[1], unique=False)


def downgrade() -> None:
    """Drop the columns; they say nothing that the others do not."""
    op.drop_index(op.f(BY_TIME[0]), table_name="posting")
    for table, column, _ in (DEBITS, FIRST_VERSION):
        op.drop_column(table, column)
    op.create_index(op.f(BY_TIME_BEFORE[0]), "posting", BY_TIME_BEFORE[1], unique=False)


def _add_on_postgresql() -> None:
    op.execute("ALTER TABLE posting DISABLE TRIGGER posting_is_append_only")
    for table, column, _ in (DEBITS, FIRST_VERSION):
        op.add_column(table, sa.Column(column, sa.BigInteger(), nullable=True))
    op.execute(
        f"UPDATE posting SET debits = own.debits FROM (SELECT {', '.join(KEY)}, version, {DEBITS[2]}"
        " AS debits FROM posting) AS own"
        " WHERE (posting.ledger_id, posting.account_id, posting.asset, posting.version)"
        " = (own.ledger_id, own.account_id, own.asset, own.version)"
    )
    op.execute(f"UPDATE balance_day SET first_version = {FIRST_VERSION[2].format(rows='balance_day')}")
    for table, column, _ in (DEBITS, FIRST_VERSION):
        op.alter_column(table, column, nullable=False)
    op.execute("ALTER TABLE posting ENABLE TRIGGER posting_is_append_only")


def _add_on_sqlite(table: str, column: str, value: str, behind: str) -> None:
    """Make the table anew, because SQLite adds no column that must have a value, and copy the rows.

    The table, its indexes and its triggers stay as they were, in the words that SQLite keeps of them.
    """
    connection = op.get_bind()
    asked = "SELECT type, name, sql FROM sqlite_master WHERE tbl_name = ? AND sql IS NOT NULL"
    kept = connection.exec_driver_sql(asked, (table,)).all()
    for each in kept:
        if each.type == "trigger":
            connection.exec_driver_sql(f"DROP TRIGGER {each.name}")
    columns = ", ".join(each["name"] for each in sa.inspect(connection).get_columns(table))
    op.rename_table(table, f"{table}_before")
    (made,) = (each.sql for each in kept if each.type == "table")
    line = f"\t{behind} INTEGER NOT NULL, \n"
    connection.exec_driver_sql(made.replace(line, f"{line}\t{column} INTEGER NOT NULL, \n"))
    filled = f"SELECT {columns}, {value.format(rows=f'{table}_before')} FROM {table}_before"
    connection.exec_driver_sql(f"INSERT INTO {table} ({columns}, {column}) {filled}")
    op.drop_table(f"{table}_before")
    for each in kept:
        if each.type != "table":
            connection.exec_driver_sql(each.sql)
