"""The few statements that the two databases spell differently, or SQLAlchemy keeps in their dialects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase, Session


def is_postgresql(session: Session) -> bool:
    """Tell whether the session speaks to PostgreSQL; the other one is SQLite."""
    return session.get_bind().dialect.name == "postgresql"


def insert_for(session: Session, table: type[DeclarativeBase]) -> Any:
    """Return the database's own INSERT, which knows ON CONFLICT."""
    dialect: Any = postgresql if is_postgresql(session) else sqlite
    return dialect.insert(table.__table__)


def insert_or_skip(session: Session, table: type[DeclarativeBase], values: Mapping[str, Any]) -> Any:
    """Return an INSERT that does nothing where a key is taken; no error, so no transaction is lost."""
    return insert_for(session, table).values(**values).on_conflict_do_nothing()
