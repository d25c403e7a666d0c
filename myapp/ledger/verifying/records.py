"""The ledger itself, its accounts and assets, and what is told of its transactions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Table,
    Text,
    and_,
    cast,
    func,
    literal,
    literal_column,
    not_,
    or_,
    select,
)

from myapp.ledger import rules
from myapp.ledger.core import ACCOUNT, ASSET, LEDGER, TXN, TXN_METADATA
from myapp.ledger.errors import LedgerError
from myapp.ledger.money import SCALE_MAX
from myapp.ledger.types import Instant, Int64
from myapp.ledger.verifying.rule import Check, NameRule, Rule, rule, told
from myapp.ledger.verifying.spelling import is_id, is_metadata
from myapp.ledger.verifying.tables import key_of, own

_SHOWN_CHARS = 200
_FIRST = literal(datetime.min.replace(tzinfo=UTC), Instant())
_LAST = literal(datetime.max.replace(tzinfo=UTC), Instant())


def excerpt(document: ColumnElement[Any]) -> ColumnElement[str]:
    """Return the beginning of a document; whoever tampered may have put a novel there."""
    return func.substr(cast(document, Text), 1, _SHOWN_CHARS)


def metadata_of(table: Table) -> Rule:
    """Return the rule that the metadata of a table's rows maps strings to strings."""
    document = table.c.metadata
    return rule(
        table.name,
        "The metadata is not an object of strings.",
        table,
        key_of(table),
        {"metadata": (told("an object of strings"), excerpt(document))},
        own(table),
        wrong=not_(is_metadata(document)),
    )


def times_of(table: Table, *names: str) -> Rule:
    """Return the rule that a time can be told: PostgreSQL knows infinity, SQLite any number."""
    expected = told("a time in the years 1 to 9999")
    return rule(
        table.name,
        "A time is not one of the calendar.",
        table,
        key_of(table),
        {name: (expected, table.c[name]) for name in names},
        own(table),
        wrong=or_(*(not_(table.c[name].between(_FIRST, _LAST)) for name in names)),
    )


def unique_in(table: Table, name: str) -> Rule:
    """Return the rule that a value occurs once; an index keeps it so, unless somebody dropped it."""
    column = table.c[name]
    counts = (
        select(column, func.count(type_=Int64).label("rows"))
        .where(own(table), column.is_not(None))
        .group_by(column)
        .subquery("counts")
    )
    once = literal_column("1", Int64)
    return rule(
        table.name,
        "More than one row has this value.",
        counts,
        {name: counts.c[name]},
        {"rows": (once, counts.c.rows)},
        wrong=counts.c.rows > once,
    )


def _known_words() -> Rule:
    words = {"type": rules.ACCOUNT_TYPES, "status": rules.ACCOUNT_STATUSES}
    return rule(
        "account",
        "The account has no type or status that an account can have.",
        ACCOUNT,
        key_of(ACCOUNT),
        {name: (told(f"one of {', '.join(known)}"), ACCOUNT.c[name]) for name, known in words.items()},
        own(ACCOUNT),
        wrong=or_(*(ACCOUNT.c[name].not_in(known) for name, known in words.items())),
    )


def _scales() -> Rule:
    return rule(
        "asset",
        "The asset has no scale that an asset can have.",
        ASSET,
        key_of(ASSET),
        {"scale": (told(f"0 to {SCALE_MAX}"), ASSET.c.scale)},
        own(ASSET),
        wrong=not_(ASSET.c.scale.between(0, SCALE_MAX)),
    )


def _ids() -> Rule:
    return rule(
        "txn",
        "The transaction's id is no UUID.",
        TXN,
        key_of(TXN),
        {},
        own(TXN),
        wrong=not_(is_id(TXN.c.id)),
    )


def _of_its_transaction() -> Rule:
    same = and_(TXN.c.ledger_id == TXN_METADATA.c.ledger_id, TXN.c.id == TXN_METADATA.c.txn_id)
    return rule(
        "txn_metadata",
        "The metadata's transaction is not there.",
        TXN_METADATA.outerjoin(TXN, same),
        key_of(TXN_METADATA),
        {"txn_id": (TXN.c.id, TXN_METADATA.c.txn_id)},
        own(TXN_METADATA),
    )


def _obeys(check: Callable[[str], str]) -> Callable[[str], bool]:
    def is_name(name: str) -> bool:
        try:
            return check(name) == name
        except LedgerError:
            return False

    return is_name


_PATHS = NameRule(ACCOUNT, "path", "The path is none that an account can have.", _obeys(rules.check_path))
_CODES = NameRule(ASSET, "code", "The code is none that an asset can have.", _obeys(rules.check_asset_code))

CHECKS = (
    Check("ledger", LEDGER, (metadata_of(LEDGER), times_of(LEDGER, "created_at"))),
    Check("assets", ASSET, (_CODES, _scales(), times_of(ASSET, "created_at"))),
    Check(
        "accounts",
        ACCOUNT,
        (
            _PATHS,
            _known_words(),
            unique_in(ACCOUNT, "path"),
            metadata_of(ACCOUNT),
            times_of(ACCOUNT, "created_at"),
        ),
    ),
    Check(
        "transactions",
        TXN,
        (_ids(), unique_in(TXN, "reference"), metadata_of(TXN), times_of(TXN, "effective_at", "recorded_at")),
    ),
    Check(
        "transaction_metadata",
        TXN_METADATA,
        (_of_its_transaction(), metadata_of(TXN_METADATA), times_of(TXN_METADATA, "changed_at")),
    ),
)
