"""`with` closes the session at its end."""

from contextlib import aclosing, closing
from typing import Any


def view(request: Any) -> None:
    with request.dbsession:  # bites
        pass
    with closing(request.dbsession):  # bites
        pass


def work(session: Any) -> None:
    with session as same:  # bites
        same.flush()


async def work_async(async_session: Any) -> None:
    async with async_session:  # bites
        pass
    async with aclosing(async_session):  # bites
        pass
