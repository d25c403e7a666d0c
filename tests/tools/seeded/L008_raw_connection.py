"""Connections that go around the request's transaction."""

from collections.abc import Callable
from typing import Any


def view(engine: Any, request: Any) -> Callable[[], Any]:
    with engine.connect() as own:  # bites
        own.execute(1)
    with engine.begin() as own:  # bites
        own.execute(1)
    engine.raw_connection()  # bites
    engine.execution_options().connect()  # bites
    request.dbsession.get_bind().begin()  # bites
    fairy = request.dbsession.connection().connection
    fairy.dbapi_connection  # bites
    fairy.driver_connection  # bites
    fairy.cursor()  # bites
    return engine.connect  # bites
