"""A view and a callback that end the session's transaction."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlalchemy.orm import Session as OrmSession

from myapp.db import OwnedSession


def view(request: Any, books: OrmSession | None) -> Callable[[], None]:
    request.dbsession.commit()  # bites
    request.dbsession.rollback()  # bites
    request.dbsession.close()  # bites
    request.dbsession.reset()  # bites
    request.dbsession.invalidate()  # bites
    request.dbsession.begin()  # bites
    request.dbsession.prepare()  # bites
    request.dbsession.connection().commit()  # bites
    request.dbsession.get_transaction().close()  # bites
    request.anything.commit()  # bites
    request.anything.rollback()  # bites
    books.close()  # bites
    alias = request.dbsession
    alias.close()  # bites
    (
        request.dbsession
        # bites
        .commit()
    )
    return request.dbsession.commit  # bites


def rebound(session: Any) -> None:
    nested = session.begin_nested()
    nested = session
    nested.commit()  # bites


def own_parameter(nested: Any) -> None:
    nested.commit()  # bites


def by_every_name(
    session: Any, read_session: Any, conn: Any, db: Any, unit_of_work: Any, throwaway: Any
) -> None:
    session.close()  # bites
    read_session.close()  # bites
    conn.close()  # bites
    db.close()  # bites
    with unit_of_work() as one, throwaway() as other:
        one.close()  # bites
        other.close()  # bites


def savepoint_closed(session: Any) -> None:
    nested = session.begin_nested()
    nested.session.close()  # bites


async def view_async(request: Any) -> None:
    await request.dbsession.commit()  # bites


def by_annotation(one: AsyncSession, two: OwnedSession, three: Connection, four: AsyncConnection) -> None:
    one.close()  # bites
    two.close()  # bites
    three.close()  # bites
    four.close()  # bites
    five: Any = four.sync
    five.close()
    six: Connection = four.sync
    six.close()  # bites
    seven: Any = four.session
    seven.close()  # bites
    four.session.connection().close()  # bites
