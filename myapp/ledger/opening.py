"""Open accounts: by hand, or because a posting names them; any number in one statement."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import FromClause, bindparam, func, literal, select
from sqlalchemy.orm import Session

from myapp.ledger import rules
from myapp.ledger.books import Book
from myapp.ledger.core import ACCOUNT, LEDGER_ID
from myapp.ledger.dialects import is_postgresql
from myapp.ledger.errors import UnknownAccount
from myapp.ledger.kit import POSTGRESQL, SQLITE, Kit
from myapp.ledger.sources import Source
from myapp.ledger.types import Instant, Int64, SortedText, dump_document

ACCOUNTS = Source("a", {"number": Int64, "path": SortedText, "type": SortedText, "metadata": SortedText})

_COLUMNS = ["ledger_id", "path", "type", "status", "metadata", "created_at"]
_CREATED_AT = bindparam("created_at", type_=Instant())


def open_accounts(
    session: Session,
    ledger_id: int,
    types: Mapping[str, str],
    *,
    now: datetime,
    metadata: Mapping[str, str] | None = None,
) -> int:
    """Open an account for each path with its type, and return how many were not there before.

    Sorted by path, because two writers that open the same accounts in different order would deadlock.
    """
    document = dump_document(metadata or {})
    rows = [(number, path, types[path], document) for number, path in enumerate(sorted(types), start=1)]
    native = is_postgresql(session)
    given = ACCOUNTS.objects(rows) if native else ACCOUNTS.text(rows)
    statement = _OPEN_POSTGRESQL if native else _OPEN_SQLITE
    return len(session.execute(statement, {"ledger_id": ledger_id, "created_at": now, **given}).all())


def type_to_open(book: Book, path: str, types: Mapping[str, str] | None = None) -> str:
    """Return the type with which a posting may open an account; `types` tells those that paths do not.

    Raises:
        UnknownAccount: the ledger is strict, or nothing tells the type.
    """
    told = (types or {}).get(path) or rules.type_of(path)
    if told is None or book.strict_accounts:
        why = "the ledger is strict" if book.strict_accounts else "its path tells no type"
        raise UnknownAccount(f"There is no account {path!r}, and {why}: open it first.", account=path)
    return told


def _values(kit: Kit, rows: FromClause) -> list[Any]:
    return [LEDGER_ID, rows.c.path, rows.c.type, literal("open"), kit.document(rows.c.metadata), _CREATED_AT]


def _on_postgresql() -> Any:
    rows = POSTGRESQL.rows(ACCOUNTS)
    values = select(*_values(POSTGRESQL, rows)).order_by(rows.c.number)
    statement = POSTGRESQL.insert(ACCOUNT).from_select(_COLUMNS, values)
    return statement.on_conflict_do_nothing().returning(ACCOUNT.c.id)


def _on_sqlite() -> Any:
    # SQLite has no sequence for a part of a key. Its one writer may count on from the highest id.
    rows = SQLITE.rows(ACCOUNTS)
    highest = select(func.coalesce(func.max(ACCOUNT.c.id), 0)).where(ACCOUNT.c.ledger_id == LEDGER_ID)
    values = select((highest.scalar_subquery() + rows.c.number).label("id"), *_values(SQLITE, rows)).where(
        rows.c.number > 0
    )
    statement = SQLITE.insert(ACCOUNT).from_select(["id", *_COLUMNS], values)
    return statement.on_conflict_do_nothing().returning(ACCOUNT.c.id)


_OPEN_POSTGRESQL = _on_postgresql()
_OPEN_SQLITE = _on_sqlite()
