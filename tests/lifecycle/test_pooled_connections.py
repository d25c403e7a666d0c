"""What a pooled PostgreSQL connection brings along: life, the mode of its next user, prepared statements."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import psycopg
import pytest
from pyramid.response import Response
from sqlalchemy import select, text

from myapp.db import liveness
from tests.databases import Database
from tests.lifecycle import witness
from tests.lifecycle.bookcase import Shelf
from tests.lifecycle.conftest import Serve
from tests.lifecycle.site import at
from tests.recycled import CUT_OFF
from tests.wiretap import overheard, round_trips, sent

pytestmark = pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)

SETTINGS = text(
    "SELECT current_setting('transaction_isolation'), current_setting('transaction_read_only'),"
    " pg_backend_pid()"
)
READS = ("repeatable read", "on")
WRITES = ("read committed", "off")


SETTING_FUNCTION = """
CREATE FUNCTION whoever() RETURNS text LANGUAGE sql AS $$ SELECT set_config('myapp.tenant', 'alice', false) $$
"""


class Telling:
    """A view that notes how its transaction began; `more` are options of its own for the connection."""

    def __init__(self, **more: Any) -> None:
        self.more = more
        self.seen: list[tuple[str, str]] = []
        self.backends: set[int] = set()

    def __call__(self, request: Any) -> Response:
        if self.more:
            request.dbsession.connection(execution_options=self.more)
        isolation, read_only, backend = request.dbsession.execute(SETTINGS).one()
        self.seen.append((isolation, read_only))
        self.backends.add(backend)
        return Response()


def read(request: Any) -> Response:
    request.dbsession.execute(select(Shelf.name)).all()
    return Response()


def refused_read(request: Any) -> Response:
    request.dbsession.execute(select(Shelf.name)).all()
    return Response(status=404)


def test_readers_and_writers_that_share_a_connection_each_have_their_own_mode(serve: Serve) -> None:
    view, strict = Telling(), Telling(isolation_level="SERIALIZABLE")
    site = serve(at("/", view), at("/strict", strict), sqlalchemy__pool_size="1")
    for method in ("GET", "POST", "POST", "GET", "GET", "POST"):
        assert site.ask("/", method) == 200
    assert view.seen == [READS, WRITES, WRITES, READS, READS, WRITES]
    for method, path in (("GET", "/"), ("POST", "/strict"), ("POST", "/"), ("GET", "/"), ("POST", "/strict")):
        assert site.ask(path, method) == 200
    assert strict.seen == [("serializable", "off")] * 2
    assert view.seen[6:] == [READS, WRITES, READS]
    assert len(view.backends | strict.backends) == 1


def test_what_the_first_user_of_a_connection_asked_for_is_its_own(serve: Serve) -> None:
    view, strict = Telling(), Telling(isolation_level="SERIALIZABLE")
    site = serve(at("/", view), at("/strict", strict), sqlalchemy__pool_size="1")
    for method, path in (("POST", "/strict"), ("POST", "/"), ("GET", "/"), ("POST", "/")):
        assert site.ask(path, method) == 200
    assert strict.seen == [("serializable", "off")]
    assert view.seen == [WRITES, READS, WRITES]


def test_who_goes_without_a_transaction_leaves_the_connection_to_those_who_do_not(serve: Serve) -> None:
    view = Telling()
    site = serve(at("/", view), sqlalchemy__pool_size="1")
    with site.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SELECT 1"))
    assert site.ask("/") == 200
    assert view.seen == [WRITES]


def test_an_isolation_that_the_engine_was_given_is_back_after_a_reader(serve: Serve) -> None:
    view = Telling()
    site = serve(at("/", view), sqlalchemy__pool_size="1", sqlalchemy__isolation_level="SERIALIZABLE")
    for method in ("POST", "GET", "POST"):
        assert site.ask("/", method) == 200
    assert view.seen == [("serializable", "off"), READS, ("serializable", "off")]


def test_a_connection_that_was_used_just_now_is_not_asked_whether_it_lives(serve: Serve) -> None:
    site = serve(at("/", read), sqlalchemy__pool_size="1")
    assert site.ask("/", "GET") == 200
    with overheard(*site.driver_connections) as messages:
        assert site.ask("/", "GET") == 200
    told = sent(messages)
    assert not any('";"' in each for each in told)
    assert "BEGIN" in told[0]
    assert "ROLLBACK" in told[-1]


def test_a_request_does_not_wait_for_its_begin(serve: Serve) -> None:
    site = serve(at("/", read), sqlalchemy__pool_size="1")
    for _ in range(8):
        assert site.ask("/", "GET") == 200
    with overheard(*site.driver_connections) as messages:
        assert site.ask("/", "GET") == 200
    assert round_trips(messages) == 2
    assert "BEGIN" in sent(messages)[0]
    assert "ROLLBACK" in sent(messages)[-1]


def test_one_that_rested_for_long_is_asked(serve: Serve) -> None:
    site = serve(at("/", read), sqlalchemy__pool_size="1")
    assert site.ask("/", "GET") == 200
    with site.engine.connect() as connection:
        info = connection.connection.info
    info[liveness._RETURNED_S] -= 2 * liveness.IDLE_S
    with overheard(*site.driver_connections) as messages:
        assert site.ask("/", "GET") == 200
    told = sent(messages)
    assert '";"' in told[0]
    assert "BEGIN" in told[1]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_connections_that_the_server_ended_are_replaced_before_the_request_begins(
    serve: Serve, bookcase_database: Database, method: str
) -> None:
    view = Telling()
    site = serve(at("/", view), sqlalchemy__pool_size="1")
    for _ in range(3):
        assert site.ask("/", method) == 200
        with closing(witness.connect(bookcase_database)) as other:
            other.execute(CUT_OFF)
    assert site.ask("/", method) == 200
    assert len(view.backends) == 4


def test_a_connection_that_was_closed_here_is_replaced_too(serve: Serve) -> None:
    site = serve(at("/", read), sqlalchemy__pool_size="1")
    assert site.ask("/", "GET") == 200
    site.driver_connections[0].close()
    assert site.ask("/", "GET") == 200


def test_a_read_that_ends_well_leaves_what_was_prepared(serve: Serve) -> None:
    site = serve(at("/", read), at("/refused", refused_read), sqlalchemy__pool_size="1")
    for _ in range(8):
        assert site.ask("/", "GET") == 200
    (driver,) = site.driver_connections
    assert len(driver._prepared._names) > 0
    with overheard(*site.driver_connections) as messages:
        assert site.ask("/refused", "GET") == 404
    assert any("ROLLBACK" in each for each in sent(messages))
    assert not any("DEALLOCATE" in each for each in sent(messages))
    assert len(driver._prepared._names) > 0


def test_a_reader_that_notifies_is_not_heard(serve: Serve, bookcase_database: Database) -> None:
    def notify(request: Any) -> Response:
        request.dbsession.execute(text("NOTIFY bell"))
        return Response()

    site = serve(at("/", notify))
    with closing(witness.connect(bookcase_database)) as other:
        other.execute("LISTEN bell")
        assert site.ask("/", "GET") == 200
        assert not has_heard(other)
        assert site.ask("/", "POST") == 200
        assert has_heard(other)


def test_what_a_function_of_the_database_sets_for_a_reader_ends_with_it(serve: Serve) -> None:
    def look(request: Any) -> Response:
        seen.append(request.dbsession.scalar(text("SELECT current_setting('myapp.tenant', true)")))
        request.dbsession.execute(text("SELECT whoever()"))
        return Response()

    seen: list[str | None] = []
    site = serve(at("/", look), sqlalchemy__pool_size="1")
    with site.engine.begin() as connection:
        connection.execute(text(SETTING_FUNCTION))
    assert [site.ask("/", "GET"), site.ask("/", "GET")] == [200, 200]
    assert seen[0] in (None, "")
    assert seen[1] in (None, "")


def test_what_a_view_told_the_driver_ends_with_its_request(serve: Serve) -> None:
    def tell(request: Any) -> Response:
        driver = request.dbsession.connection().connection.driver_connection
        setattr(driver, request.params["name"], True)
        return Response()

    view = Telling()
    site = serve(at("/", view), at("/tell", tell), sqlalchemy__pool_size="1")
    for name in ("autocommit", "read_only", "deferrable"):
        site.client().post("/tell", {"name": name})
        for method in ("POST", "GET", "POST"):
            assert site.ask("/", method) == 200
        assert view.seen[-3:] == [WRITES, READS, WRITES]
    assert len(view.backends) == 1


def has_heard(other: psycopg.Connection[Any]) -> bool:
    # What was sent before an answer comes with it.
    other.execute("SELECT 1")
    return bool(list(other.notifies(timeout=0, stop_after=1)))
