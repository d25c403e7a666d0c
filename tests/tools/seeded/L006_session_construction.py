"""A session of one's own, apart from the request's."""

from typing import Any

from sqlalchemy import orm
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session
from sqlalchemy.orm import Session as Books

from myapp.db import OwnedSession


def view(engine: Any) -> Session:
    Books(engine)  # bites
    AsyncSession(engine)  # bites
    OwnedSession(engine)  # bites
    orm.Session(engine)  # bites
    with Session(engine) as own:  # bites
        return own


class Own(Session):  # bites
    """Its instances are sessions of one's own, too."""


class Mixed(dict[str, Any], Session):  # bites
    """Whatever else it derives from."""
