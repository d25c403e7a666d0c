"""SQLite may roll the whole transaction back by itself, at the very first statement too."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing, suppress
from typing import Any

import pytest
from pyramid.response import Response
from sqlalchemy import text

from tests.lifecycle import witness
from tests.lifecycle.conftest import Serve
from tests.lifecycle.site import at, is_failure
from tests.lifecycle.writes import core_insert, orm_add

pytestmark = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)

GIVING_UP = {
    "a statement that says so": "INSERT OR ROLLBACK INTO shelf (id, name, visits) VALUES (1, 'first', 0)",
    "a trigger that says so": "DELETE FROM shelf WHERE id = 2",
}
TRIGGER = "CREATE TRIGGER refuse BEFORE DELETE ON shelf BEGIN SELECT RAISE(ROLLBACK, 'no'); END"


def straight(session: Any, statement: str) -> None:
    session.execute(text(statement))


def in_a_savepoint(session: Any, statement: str) -> None:
    with session.begin_nested():
        session.execute(text(statement))


@pytest.mark.parametrize("statement", GIVING_UP.values(), ids=GIVING_UP)
@pytest.mark.parametrize("send", [straight, in_a_savepoint])
@pytest.mark.parametrize("write", [core_insert, orm_add, id])
@pytest.mark.parametrize("status", [200, 400])
def test_what_follows_is_not_kept_by_itself(
    serve: Serve, statement: str, send: Callable[..., None], write: Any, status: int
) -> None:
    def view(request: Any) -> Response:
        with suppress(Exception):
            send(request.dbsession, statement)
        with suppress(Exception):
            write(request.dbsession)
        return Response(status=status)

    site = serve(at("/", view))
    with closing(witness.connect(site.database)) as connection:
        connection.execute(TRIGGER)
    before = site.rows()
    outcome = site.ask("/")
    assert is_failure(outcome) if status == 200 else outcome == 400
    assert site.rows() == before
