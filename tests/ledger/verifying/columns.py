"""What becomes of a change to each column of each table: is it seen, and which row is named?

Every column must be listed here, so a new one fails the test until somebody has thought about it; and
docs/verify.md must say the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Table, literal_column, null, select

from myapp.ledger.tables import Base
from tests.ledger.verifying.scene import (
    CASH,
    EFFECTIVE,
    FIRST,
    REVERSAL,
    REVERSED,
    TWIN,
    other_id,
)

# A number that nothing has.
NOBODY = 99
TABLES: Mapping[str, Table] = Base.metadata.tables

Value = Any
Key = Mapping[str, Any]


@dataclass(frozen=True)
class Seen:
    """A change that is seen; `named` is the table and the key of the row that is named, if it is another."""

    value: Value
    named: tuple[str, Key] | None = None


@dataclass(frozen=True)
class Column:
    """Changes of one column that are seen, and changes that nothing in the books contradicts."""

    seen: tuple[Seen, ...] = ()
    unseen: tuple[Value, ...] = ()

    @property
    def told(self) -> str:
        """Return what the documentation says: always, its form alone, or not at all."""
        if not self.unseen:
            return "yes"
        return "in part" if self.seen else "no"

    def __or__(self, other: Column) -> Column:
        """Return the changes of the same column in either of two rows."""
        return Column((*self.seen, *other.seen), (*self.unseen, *other.unseen))


@dataclass(frozen=True)
class Row:
    """The row of a table that is tampered with, and its columns."""

    where: Callable[[Table], ColumnElement[bool]]
    columns: Mapping[str, Column] = field(default_factory=dict)


def always(*values: Value, named: tuple[str, Key] | None = None) -> Column:
    return Column(tuple(Seen(value, named) for value in values))


def never(*values: Value) -> Column:
    return Column(unseen=values)


def account_id(path: str) -> Any:
    account = TABLES["account"]
    return select(account.c.id).where(account.c.path == path, account.c.ledger_id == 1).scalar_subquery()


def hold_id(description: str) -> Any:
    hold = TABLES["hold"]
    return select(hold.c.id).where(hold.c.description == description).scalar_subquery()


def of_cash(table: Table) -> ColumnElement[bool]:
    # On SQLite the accounts of another ledger have the same ids.
    own = (table.c.ledger_id == 1) & (table.c.account_id == account_id(CASH))
    return own & (table.c.asset == "USD")


# A transaction that captured nothing, but could have.
DEPOSITED = select(TABLES["txn"].c.id).where(TABLES["txn"].c.description == "deposited").scalar_subquery()


class Endless:
    """A time that is none of the calendar, in each database's own way."""

    def __call__(self, dialect: str) -> Any:
        return literal_column("'infinity'" if dialect == "postgresql" else "9223372036854775807")


class NoObject:
    """A document that is no object of strings."""

    def __call__(self, dialect: str) -> Any:
        return literal_column("""'{"a": 1}'""")


LATER = EFFECTIVE + timedelta(days=40)
A_TIME = Column((Seen(Endless()),), (LATER,))
METADATA = Column((Seen(NoObject()),), ({"other": "words"},))
CASH_USD = {"asset": "USD"}
OF_FIRST = ("posting", {"txn_id": str(FIRST)})


def stray(table: str) -> tuple[str, Key]:
    return table, {"ledger_id": NOBODY}


def totals_by(period: str, number: int) -> Row:
    """Return how the totals of a day or a month are tampered with; `number` tells which one it is."""
    name = f"balance_{period}"
    return Row(
        of_cash,
        {
            "ledger_id": always(NOBODY, 2),
            "account_id": always(NOBODY, named=(name, {"account_id": NOBODY})),
            "asset": always("USX", named=(name, {"asset": "USX"})),
            period: always(3, -3, named=(name, {period: number})),
            "debits": always(0, 2**63 - 1),
            "credits": always(0, -1),
            "first_version": always(0, 9, 2**63 - 1),
            "version": always(0, 9, 2**63 - 1),
        },
    )


ROWS: Mapping[str, Row] = {
    "ledger": Row(
        lambda table: table.c.name == "books",
        {
            "id": always(NOBODY, named=("account", {"ledger_id": 1})),
            "name": never("cooks"),
            "description": never("Other books"),
            "strict_accounts": never(True),
            "metadata": METADATA,
            "created_at": A_TIME,
        },
    ),
    "asset": Row(
        lambda table: (table.c.ledger_id == 1) & (table.c.code == "USD"),
        {
            "ledger_id": always(NOBODY, named=("balance", CASH_USD)),
            "code": always("USX", named=("balance", CASH_USD)),
            "scale": Column((Seen(-1), Seen(19)), (3,)),
            "name": never("Dollar"),
            "created_at": A_TIME,
        },
    ),
    "account": Row(
        lambda table: table.c.path == CASH,
        {
            "ledger_id": always(NOBODY, 2, named=("balance", CASH_USD)),
            "id": always(NOBODY, named=("balance", CASH_USD)),
            "path": Column((Seen("assets::x"), Seen("a\u0301")), ("assets:purse",)),
            "type": Column((Seen("nonsense"),), ("liability",)),
            "status": always("closed", "nonsense", named=("balance", CASH_USD)),
            "metadata": METADATA,
            "created_at": A_TIME,
        },
    ),
    "balance": Row(
        of_cash,
        {
            "ledger_id": always(NOBODY, 2),
            "account_id": always(NOBODY, named=("balance", {"account_id": NOBODY})),
            "asset": always("USX", named=("balance", {"asset": "USX"})),
            "status": always("frozen", "nonsense"),
            "debits": always(0, 2**63 - 1, -5),
            "credits": always(0, 2**63 - 1, -(2**63)),
            "pending_debits": always(7, -7, 2**63 - 1),
            "pending_credits": always(7, -7, -(2**63)),
            "version": always(0, 8, 2**63 - 1),
            "lowest": Column((Seen(2**63 - 1),), (-7,)),
            "highest": Column((Seen(-(2**63)),), (7,)),
        },
    ),
    "txn": Row(
        lambda table: table.c.id == FIRST,
        {
            "ledger_id": always(NOBODY, 2, named=OF_FIRST),
            "id": always(other_id(), named=OF_FIRST),
            "kind": Column((Seen("reversal"),), ("other",)),
            "description": never("Dinner"),
            "reference": never("another bill", None),
            "effective_at": always(LATER, Endless(), named=OF_FIRST),
            "recorded_at": always(LATER, Endless(), named=OF_FIRST),
            "actor": never("somebody"),
            "metadata": METADATA,
            "reverses": always(FIRST, other_id()),
        },
    ),
    "txn_metadata": Row(
        lambda table: table.c.txn_id == FIRST,
        {
            "ledger_id": Column((Seen(2), Seen(NOBODY, stray("txn_metadata")))),
            "txn_id": Column((Seen(other_id(), ("txn_metadata", {"txn_id": str(other_id())})),), (REVERSED,)),
            "metadata": METADATA,
            "changed_at": A_TIME,
        },
    ),
    "posting": Row(
        lambda table: of_cash(table) & (table.c.version == 2),
        {
            # The one after the gap is named.
            "ledger_id": always(NOBODY, 2, named=("posting", {**CASH_USD, "version": 3})),
            "account_id": always(NOBODY, named=("posting", {**CASH_USD, "account_id": NOBODY, "version": 2})),
            "asset": always("USX", named=("posting", {"asset": "USX", "version": 2})),
            "version": always(9, -1, 2**63 - 1, named=("posting", {**CASH_USD, "version": 3})),
            "txn_id": always(other_id()),
            "position": always(9, -1),
            "amount": always(6, 0, -5, 2**63 - 1, -(2**63)),
            "balance": always(6, 2**63 - 1, -(2**63)),
            "debits": always(6, 2**63 - 1, -(2**63)),
            "effective_at": always(LATER, Endless()),
            "recorded_at": always(LATER, Endless()),
            "day": always(3, -3, 2**63 - 1),
            "day_debits": always(7, 2**63 - 1, -(2**63)),
            "day_credits": always(7, 2**63 - 1, -1),
            "month": always(3, -3, 2**63 - 1),
            "month_debits": always(7, 2**63 - 1, -(2**63)),
            "month_credits": always(7, 2**63 - 1, -1),
        },
    ),
    "balance_day": totals_by("day", 20458),
    "balance_month": totals_by("month", 672),
    "idempotency": Row(
        lambda table: (table.c.ledger_id == 1) & (table.c.key == "answered"),
        {
            "ledger_id": Column((Seen(NOBODY, stray("idempotency")),), (2,)),
            "key": never("another"),
            "fingerprint": never("another"),
            "status": Column((Seen(0), Seen(404)), (200,)),
            "txn_id": Column((Seen(other_id()),), (FIRST,)),
            "answer": Column((Seen(null()),), ({"body": "[]"},)),
            "created_at": A_TIME,
        },
    ),
    "hold": Row(
        lambda table: table.c.status == "open",
        {
            "ledger_id": always(NOBODY, 2, named=("hold_posting", {})),
            "id": always(other_id(), named=("hold_posting", {})),
            "status": always("voided", "captured", "expired", "nonsense"),
            "description": never("Another room"),
            "reference": never("another"),
            "effective_at": never(LATER),
            "recorded_at": never(LATER),
            "actor": never("somebody"),
            "metadata": never({"a": "b"}),
            "expires_at": always(LATER, Endless(), named=("hold_posting", {})),
        },
    ),
    "hold_posting": Row(
        lambda table: (table.c.ledger_id == 1) & (table.c.account_id == account_id("assets:held")),
        {
            "ledger_id": always(NOBODY, 2, named=("balance", {"account": "assets:held"})),
            "hold_id": always(other_id(), named=("hold_posting", {"hold_id": str(other_id())})),
            "position": never(9),
            "account_id": always(NOBODY, named=("balance", {"account": "assets:held"})),
            "asset": always("USX", named=("balance", {"account": "assets:held"})),
            "amount": always(-7, 7, 2**63 - 1, -(2**63), named=("hold", {"asset": "USD"})),
            "remaining": always(0, -7, 7, named=("balance", {"account": "assets:held"})),
            "expires_at": always(LATER, Endless(), None),
        },
    ),
    "hold_capture": Row(
        lambda table: table.c.hold_id == hold_id("open"),
        {
            "ledger_id": always(NOBODY, 2, named=("hold_capture", {})),
            "hold_id": always(other_id(), named=("hold_capture", {"hold_id": str(other_id())})),
            "number": never(9),
            "txn_id": always(other_id()),
        },
    ),
    # Who may call is no part of the books; only a key of a ledger that is not there is found.
    "api_key": Row(
        lambda table: table.c.name == "web",
        {
            "id": never(other_id()),
            "name": never("other"),
            "digest": never("other"),
            "scopes": never("admin"),
            "ledger_id": Column((Seen(NOBODY, stray("api_key")),), (2, None)),
            "created_at": never(LATER),
            "expires_at": never(LATER),
            "revoked_at": never(LATER),
        },
    ),
}


def in_row(name: str, where: Callable[[Table], ColumnElement[bool]], **columns: Column) -> tuple[str, Row]:
    return name, Row(where, columns)


def in_hold(description: str, **columns: Column) -> tuple[str, Row]:
    return in_row("hold_posting", lambda table: table.c.hold_id == hold_id(description), **columns)


# Rows of which less is told elsewhere than of those above: they decide what the page may promise.
OTHER_ROWS: tuple[tuple[str, Row], ...] = (
    in_row("ledger", lambda table: table.c.name == "empty", id=never(NOBODY)),
    in_row(
        "asset",
        lambda table: table.c.code == "OLD",
        ledger_id=Column((Seen(NOBODY, stray("asset")),), (2,)),
        code=never("NEW"),
    ),
    in_row(
        "account",
        lambda table: table.c.path == "assets:unused",
        ledger_id=Column((Seen(NOBODY, stray("account")),), (2,)),
        id=never(77),
        status=Column((Seen("nonsense"),), ("closed",)),
    ),
    in_row(
        "balance",
        lambda table: table.c.account_id == account_id("assets:limited"),
        ledger_id=Column((Seen(NOBODY, stray("balance")),), (2,)),
        account_id=Column(
            (Seen(NOBODY, ("balance", {"account_id": NOBODY})),), (account_id("assets:unused"),)
        ),
        asset=Column((Seen("USX", ("balance", {"asset": "USX"})),), ("JPY",)),
        status=always("frozen"),
        debits=always(1),
        credits=always(1),
        pending_debits=always(1),
        pending_credits=always(1),
        version=always(1),
    ),
    in_row(
        "txn",
        lambda table: table.c.id == REVERSAL,
        reverses=Column((Seen(FIRST), Seen(other_id()), Seen(null())), (TWIN,)),
    ),
    in_row(
        "txn_metadata",
        lambda table: table.c.txn_id == TWIN,
        ledger_id=never(2),
    ),
    in_row(
        "hold",
        lambda table: table.c.description == "voided",
        status=Column((Seen("captured"), Seen("open"), Seen("nonsense")), ("expired",)),
    ),
    in_row(
        "hold",
        lambda table: table.c.description == "taken",
        status=Column((Seen("open"),), ("voided",)),
    ),
    in_hold(
        "voided",
        ledger_id=always(NOBODY, 2, named=("hold", {"asset": "USD"})),
        hold_id=always(other_id(), named=("hold", {"asset": "USD"})),
        account_id=Column((Seen(NOBODY),), (account_id(CASH),)),
        asset=always("JPY", named=("hold", {"asset": "JPY"})),
        amount=always(8, -8, named=("hold", {"asset": "USD"})),
        remaining=always(1, -1, named=("hold", {})),
    ),
    in_hold("taken", account_id=always(account_id(CASH), NOBODY, named=("hold", {"asset": "USD"}))),
    in_row(
        "hold_capture",
        lambda table: table.c.hold_id == hold_id("taken"),
        hold_id=always(hold_id("voided"), named=("hold", {})),
    ),
    in_row(
        "hold_capture",
        lambda table: table.c.hold_id == hold_id("spent"),
        hold_id=never(hold_id("voided")),
        txn_id=Column((Seen(FIRST, ("hold", {})),), (DEPOSITED,)),
    ),
    in_row(
        "hold_capture",
        lambda table: table.c.hold_id == hold_id("open"),
        txn_id=always(FIRST, named=("hold", {})),
    ),
)
EVERY_ROW = (*ROWS.items(), *OTHER_ROWS)
