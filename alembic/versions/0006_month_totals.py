"""Totals by effective month, and what each posting left of its month's.

A balance as of a day is then a sum over months and the days of one, and so is what was known of it. The rows
that are there get theirs from what the journal says. For that, its triggers are off within the one
transaction: nobody else ever sees the table without them.
"""

# ruff: noqa: S608 - every part of the SQL is written here.

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

INT64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SORTED_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

KEY = ["ledger_id", "account_id", "asset"]
BY_MONTH = ("ix_posting_ledger_id_account_id_asset_month_version", [*KEY, "month", "version"])
# Months since January 1970, of a day; for it, 12 * year + month is 23641.
SQLITE_MONTH = (
    "CAST(strftime('%Y', day * 86400, 'unixepoch') AS INTEGER) * 12"
    " + CAST(strftime('%m', day * 86400, 'unixepoch') AS INTEGER) - 23641"
)
POSTGRESQL_MONTH = (
    "CAST(extract(year FROM DATE '1970-01-01' + CAST(day AS integer)) * 12"
    " + extract(month FROM DATE '1970-01-01' + CAST(day AS integer)) - 23641 AS bigint)"
)
ADDED = ("month", "month_debits", "month_credits")
NOT_NEGATIVE = "month_debits >= 0 AND month_credits >= 0"
# How SQLite has the words of the columns and of the constraint, and behind which others they come.
LAST_COLUMN = "\tday_credits INTEGER NOT NULL, \n"
LAST_CHECK = "\tCONSTRAINT ck_posting_day_totals CHECK (day_debits >= 0 AND day_credits >= 0), \n"
COLUMNS = "".join(f"\t{name} INTEGER NOT NULL, \n" for name in ADDED)
CHECK = f"\tCONSTRAINT ck_posting_month_totals CHECK ({NOT_NEGATIVE}), \n"


def upgrade() -> None:
    """Add the columns and the totals with what the journal says, and find postings by month."""
    if op.get_bind().dialect.name == "sqlite":
        _remake_on_sqlite(_with_months, lambda kept: _filled(kept, SQLITE_MONTH, "posting_before"))
    else:
        _fill_on_postgresql()
    op.create_index(op.f(BY_MONTH[0]), "posting", BY_MONTH[1], unique=False)
    _create_totals()
    key = ", ".join((*KEY, "month"))
    op.execute(
        f"INSERT INTO balance_month ({key}, debits, credits, first_version, version)"
        f" SELECT {key}, max(month_debits), max(month_credits), min(version), max(version)"
        f" FROM posting GROUP BY {key}"
    )
    if op.get_bind().dialect.name == "postgresql":
        # Every row is new to the planner, which would otherwise guess for a minute.
        op.execute("ANALYZE posting, balance_month")


def downgrade() -> None:
    """Drop the columns and the totals; they say nothing that the others do not."""
    op.drop_table("balance_month")
    op.drop_index(op.f(BY_MONTH[0]), table_name="posting")
    if op.get_bind().dialect.name == "sqlite":
        _remake_on_sqlite(_without_months, lambda kept: f"SELECT {kept} FROM posting_before")
        return
    op.drop_constraint("ck_posting_month_totals", "posting")
    for column in ADDED:
        op.drop_column("posting", column)


def _filled(kept: str, month: str, table: str) -> str:
    """Return the SELECT of the kept columns and the added ones."""
    sides = ("CASE WHEN amount > 0 THEN amount ELSE 0 END", "CASE WHEN amount < 0 THEN -amount ELSE 0 END")
    sums = (
        f"CAST(sum({side}) OVER so_far AS bigint) AS {name}"
        for side, name in zip(sides, ADDED[1:], strict=True)
    )
    return (
        f"SELECT {kept}, month, {', '.join(sums)}"
        f" FROM (SELECT {kept}, {month} AS month FROM {table}) AS dated"
        f" WINDOW so_far AS (PARTITION BY {', '.join(KEY)}, month ORDER BY version)"
    )


def _create_totals() -> None:
    numbers = ("month", "debits", "credits", "first_version", "version")
    op.create_table(
        "balance_month",
        sa.Column("ledger_id", INT64, nullable=False),
        sa.Column("account_id", INT64, nullable=False),
        sa.Column("asset", SORTED_TEXT, nullable=False),
        *(sa.Column(name, INT64, nullable=False) for name in numbers),
        sa.CheckConstraint("debits >= 0 AND credits >= 0", name=op.f("ck_balance_month_totals")),
        sa.ForeignKeyConstraint(
            KEY, [f"balance.{name}" for name in KEY], name=op.f("fk_balance_month_balance")
        ),
        sa.PrimaryKeyConstraint(*KEY, "month", name=op.f("pk_balance_month")),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def _fill_on_postgresql() -> None:
    op.execute("ALTER TABLE posting DISABLE TRIGGER posting_is_append_only")
    for name in ADDED:
        op.add_column("posting", sa.Column(name, INT64, nullable=True))
    kept = ", ".join((*KEY, "version", "amount", "day"))
    filled = _filled(kept, POSTGRESQL_MONTH, "posting")
    key = (*KEY, "version")
    op.execute(
        f"UPDATE posting SET {', '.join(f'{name} = filled.{name}' for name in ADDED)}"
        f" FROM ({filled}) AS filled WHERE ({', '.join(f'posting.{name}' for name in key)})"
        f" = ({', '.join(f'filled.{name}' for name in key)})"
    )
    for name in ADDED:
        op.alter_column("posting", name, nullable=False)
    op.create_check_constraint(op.f("ck_posting_month_totals"), "posting", NOT_NEGATIVE)
    op.execute("ALTER TABLE posting ENABLE TRIGGER posting_is_append_only")


def _with_months(made: str) -> str:
    return made.replace(LAST_COLUMN, LAST_COLUMN + COLUMNS).replace(LAST_CHECK, LAST_CHECK + CHECK)


def _without_months(made: str) -> str:
    return made.replace(COLUMNS, "").replace(CHECK, "")


def _remake_on_sqlite(words: Callable[[str], str], rows: Callable[[str], str]) -> None:
    """Make the table anew, because SQLite adds no column that must have a value, and copy the rows.

    Its indexes and its triggers stay as they were, in the words that SQLite keeps of them.
    """
    connection = op.get_bind()
    asked = "SELECT type, name, sql FROM sqlite_master WHERE tbl_name = 'posting' AND sql IS NOT NULL"
    kept = connection.exec_driver_sql(asked).all()
    for each in kept:
        if each.type == "trigger":
            connection.exec_driver_sql(f"DROP TRIGGER {each.name}")
    columns = [each["name"] for each in sa.inspect(connection).get_columns("posting")]
    op.rename_table("posting", "posting_before")
    (made,) = (each.sql for each in kept if each.type == "table")
    connection.exec_driver_sql(words(made))
    filled = [each["name"] for each in sa.inspect(connection).get_columns("posting")]
    before = ", ".join(name for name in columns if name not in ADDED)
    connection.exec_driver_sql(f"INSERT INTO posting ({', '.join(filled)}) {rows(before)}")
    op.drop_table("posting_before")
    for each in kept:
        if each.type != "table":
            connection.exec_driver_sql(each.sql)
