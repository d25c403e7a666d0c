"""Control SQL is known for what it is, however it is quoted; what lasts reaches no other request."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from pyramid.response import Response
from sqlalchemy import text

from myapp.db import LifecycleViolation, stream
from tests.lifecycle.conftest import Serve
from tests.lifecycle.site import Site, at, is_failure
from tests.lifecycle.writes import core_insert

POSTGRESQL = pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
SQLITE = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)

HIDDEN = {
    "behind an escaped apostrophe": r"SELECT E'\''; COMMIT; SELECT ''",
    "behind a doubled apostrophe": "SELECT 'it''s'; COMMIT; BEGIN",
    "behind an apostrophe in a name": """SELECT 1 AS "it's"; COMMIT; BEGIN; SELECT 'x'""",
    "behind a semicolon in a name": 'SELECT 1 AS "a;b"; COMMIT',
    "behind an apostrophe in a comment": "SELECT 1 -- don't\n; COMMIT; BEGIN; SELECT 'x'",
    "behind a comment of many lines": "SELECT 1 /* don't\n; */; COMMIT; BEGIN; SELECT 'x'",
    "behind comments at the start": "/* a */ -- b\n /* c */ COMMIT",
    "behind a dollar quote": "SELECT $$ ' $$; COMMIT; SELECT $$ ' $$",
    "behind a named dollar quote": "SELECT $a$ $$ ' $a$; COMMIT; SELECT $a$ ' $a$",
    "behind an empty statement": ";; COMMIT",
    "behind a savepoint like SQLAlchemy's": "SAVEPOINT sa_savepoint_9; COMMIT",
    "alone, like SQLAlchemy's": "SAVEPOINT sa_savepoint_9",
}


def swallowing(*statements: str) -> Callable[[Any], Response]:
    """Return a view that writes, swallows the refusal of the first statement, and answers 400."""

    def view(request: Any) -> Response:
        core_insert(request.dbsession)
        with suppress(LifecycleViolation):
            for statement in statements:
                request.dbsession.connection().exec_driver_sql(statement)
            request.environ["sent"] = True
        return Response(status=200 if "sent" in request.environ else 400)

    return view


@pytest.mark.parametrize("statement", HIDDEN.values(), ids=HIDDEN)
def test_control_sql_is_found_wherever_it_hides(serve: Serve, statement: str) -> None:
    site = serve(at("/", swallowing(statement)))
    before = site.rows()
    assert site.ask("/") == 400
    assert site.rows() == before


def sending(*statements: str, status: int = 200) -> Callable[[Any], Response]:
    """Return a view that sends statements and answers."""

    def view(request: Any) -> Response:
        for statement in statements:
            request.dbsession.connection().exec_driver_sql(statement)
        return Response(status=status)

    return view


BODIES = {
    "a block": "DO $$ BEGIN PERFORM 1; END $$",
    "a function": (
        "CREATE FUNCTION one() RETURNS integer LANGUAGE plpgsql AS $body$ BEGIN RETURN 1; END; $body$"
    ),
    "a function in quotes": "CREATE FUNCTION two() RETURNS integer LANGUAGE sql AS 'SELECT 1; SELECT 2'",
    "words in a text": "SELECT 'x; COMMIT', E'\\'; COMMIT', $$; COMMIT$$",
    "words in a name": 'SELECT 1 AS "; COMMIT"',
    "words in a comment": "SELECT 1 /* ; COMMIT */ -- ; COMMIT",
    "words of a mode in a text": "UPDATE shelf SET name = 'the transaction read' WHERE id = 1",
    "words of a setting in a text": "UPDATE shelf SET name = 'standard_conforming_strings' WHERE id = 1",
    "a column called transaction": (
        "UPDATE shelf SET visits = 3 FROM (SELECT 1 AS transaction) AS given WHERE transaction NOT IN (2)"
    ),
}


@POSTGRESQL
@pytest.mark.parametrize("statement", BODIES.values(), ids=BODIES)
def test_what_only_looks_like_control_is_free(serve: Serve, statement: str) -> None:
    assert serve(at("/", sending(statement))).ask("/") == 200


@SQLITE
def test_the_body_of_a_trigger_is_free(serve: Serve) -> None:
    trigger = "CREATE TRIGGER t AFTER DELETE ON shelf BEGIN UPDATE shelf SET visits = 9; END"
    site = serve(at("/make", sending(trigger)), at("/use", sending("DELETE FROM shelf WHERE id = 2")))
    assert [site.ask("/make"), site.ask("/use")] == [200, 200]
    assert site.rows() == {("shelf", 1, "first", 9)}


MISREADING = [
    "SET LOCAL standard_conforming_strings = off",
    "SELECT set_config('standard_conforming_strings', 'off', true)",
    "DO $$ BEGIN SET LOCAL standard_conforming_strings = off; END $$",
]


@POSTGRESQL
@pytest.mark.parametrize("statement", MISREADING)
def test_how_a_text_is_read_is_not_for_sql_to_change(serve: Serve, statement: str) -> None:
    hidden = r"SELECT '\''; COMMIT; SELECT '\''"
    site = serve(at("/", swallowing(statement, hidden)))
    before = site.rows()
    assert site.ask("/") == 400
    assert site.rows() == before


REOPENING = [
    "DO $$ BEGIN SET LOCAL transaction_read_only = off; END $$",
    "SET LOCAL transaction_read_only = off",
    "SET LOCAL TRANSACTION READ WRITE",
    "SET LOCAL transaction_isolation = 'read committed'",
    "SELECT set_config('transaction_read_only', 'off', true)",
    "select SET_CONFIG ( 'transaction_isolation', 'read committed', true )",
]


@POSTGRESQL
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("statement", REOPENING)
def test_how_the_transaction_began_is_not_for_sql_to_change(
    serve: Serve, statement: str, method: str
) -> None:
    def view(request: Any) -> Response:
        with suppress(Exception):
            request.dbsession.connection().exec_driver_sql(statement)
        with suppress(Exception):
            core_insert(request.dbsession)
        return Response()

    site = serve(at("/", view))
    before = site.rows()
    outcome = site.ask("/", method)
    assert isinstance(outcome, LifecycleViolation)
    assert site.rows() == before


@POSTGRESQL
def test_how_the_transaction_began_may_be_asked(serve: Serve) -> None:
    asking = sending("SHOW transaction_read_only", "SELECT current_setting('transaction_isolation')")
    assert serve(at("/", asking)).ask("/", "GET") == 200


# The next user asks of its own connection alone: the one that was closed may still be letting go of its own.
TABLES = "SELECT count(*) FROM pg_class WHERE relname = 'scratch' AND relnamespace = pg_my_temp_schema()"
LOCKS = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
# What is done, what would tell the next user of the connection, and what it must be told.
LASTING: dict[str, tuple[str, str, object]] = {
    "a temporary view in the place of a table": (
        "CREATE OR REPLACE TEMP VIEW shelf AS SELECT 99 AS id",
        "SELECT count(*) FROM shelf",
        2,
    ),
    "a temporary table that is explained": (
        "EXPLAIN ANALYZE CREATE TEMP TABLE scratch AS SELECT 1 AS one",
        TABLES,
        0,
    ),
    "a table made among the temporary ones": (
        "SET LOCAL search_path = 'pg_temp'; CREATE TABLE scratch (one integer)",
        TABLES,
        0,
    ),
    "a setting": (
        "SELECT set_config('work_mem', '5MB', false)",
        "SELECT current_setting('work_mem') = '5MB'",
        False,
    ),
    "a role": (
        "SELECT set_config('role', 'pg_monitor', false)",
        "SELECT current_user::text = 'pg_monitor'",
        False,
    ),
    "a setting, by a block": (
        "DO 'BEGIN SET work_mem = ''5MB''; END'",
        "SELECT current_setting('work_mem') = '5MB'",
        False,
    ),
    "a setting, by the view of settings": (
        "UPDATE pg_settings SET setting = '5120' WHERE name = 'work_mem'",
        "SELECT current_setting('work_mem') = '5MB'",
        False,
    ),
    "a lock": (
        "SELECT pg_advisory_lock(42)",
        LOCKS,
        0,
    ),
    "a lock that was there to be had": (
        "SELECT pg_try_advisory_lock_shared(42)",
        LOCKS,
        0,
    ),
    "a temporary table": (
        "CREATE TEMP TABLE scratch AS SELECT 1 AS one",
        TABLES,
        0,
    ),
    "a subscription": ("LISTEN news", "SELECT count(*) FROM pg_listening_channels()", 0),
    "a prepared statement": (
        "PREPARE mine AS SELECT 1",
        "SELECT count(*) FROM pg_prepared_statements WHERE name = 'mine'",
        0,
    ),
    "a cursor": (
        "DECLARE mine CURSOR WITH HOLD FOR SELECT * FROM shelf",
        "SELECT count(*) FROM pg_cursors WHERE name = 'mine'",
        0,
    ),
}


def told(site: Site) -> list[object]:
    """Return what the connection's next user was told; each site has one such path."""
    return site.registry["told"]


def looking(statement: str) -> Callable[[Any], Response]:
    """Return a view that asks one thing of the database, and notes the answer."""

    def view(request: Any) -> Response:
        answer = request.dbsession.connection().exec_driver_sql(statement).scalar_one()
        request.registry.setdefault("told", []).append(answer)
        return Response()

    return view


@POSTGRESQL
@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize(("lasting", "look", "expected"), LASTING.values(), ids=LASTING)
def test_what_outlasts_a_transaction_reaches_no_other_request(
    serve: Serve, lasting: str, look: str, expected: object, status: int
) -> None:
    site = serve(
        at("/do", sending(lasting, status=status)), at("/look", looking(look)), sqlalchemy__pool_size="1"
    )
    assert [site.ask("/do"), site.ask("/look", "GET")] == [status, 200]
    assert told(site) == [expected]


@POSTGRESQL
def test_nor_does_what_a_reader_did(serve: Serve) -> None:
    lock, look, none = LASTING["a lock"]
    site = serve(at("/do", sending(lock)), at("/look", looking(look)), sqlalchemy__pool_size="1")
    assert [site.ask("/do", "GET"), site.ask("/look", "GET")] == [200, 200]
    assert told(site) == [none]


BESIDE = {
    "a setting": ("SET work_mem = '5MB'", "SELECT current_setting('work_mem') = '5MB'", False),
    "a lock": LASTING["a lock"],
}


@POSTGRESQL
@pytest.mark.parametrize(("lasting", "look", "expected"), BESIDE.values(), ids=BESIDE)
def test_nor_does_what_was_done_beside_the_session(
    serve: Serve, lasting: str, look: str, expected: object
) -> None:
    def streaming(request: Any) -> Response:
        return stream(request, text(lasting), lambda row: b"row")

    looks = at("/look", looking(look))
    site = serve(at("/do", streaming, request_method="GET"), looks, sqlalchemy__pool_size="1")
    with site.engine.begin() as connection:
        connection.execute(text(lasting))
    assert site.ask("/look", "GET") == 200
    site.ask("/do", "GET")
    assert site.ask("/look", "GET") == 200
    assert told(site) == [expected, expected]


@SQLITE
def test_a_database_in_memory_outlasts_what_is_temporary(serve: Serve) -> None:
    site = serve(at("/do", sending("CREATE TEMP TABLE scratch (one)")), sqlalchemy__url="sqlite://")
    with site.engine.begin() as connection:
        connection.execute(text("CREATE TABLE lasting (one INTEGER)"))
    assert site.ask("/do") == 200
    with site.engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM lasting")) == 0


@SQLITE
@pytest.mark.parametrize("status", [200, 400])
def test_a_temporary_table_of_sqlites_ends_with_its_request(serve: Serve, status: int) -> None:
    making = sending("CREATE TEMP TABLE scratch AS SELECT 1 AS one", status=status)
    site = serve(at("/do", making), sqlalchemy__pool_size="1")
    assert [site.ask("/do"), site.ask("/do")] == [status, status]


KEEPING = [
    "SELECT 1",
    "UPDATE shelf SET visits = visits + 1",
    "CREATE TABLE plain (id INTEGER)",
    "SELECT 'LISTEN; DO; pg_advisory_lock(1); set_config(a, b, false)'",
]


@pytest.mark.parametrize("statement", KEEPING)
def test_an_ordinary_statement_keeps_its_connection(serve: Serve, statement: str) -> None:
    site = serve(at("/do", sending(statement)), at("/then", sending("SELECT 1")), sqlalchemy__pool_size="1")
    assert [site.ask("/do"), site.ask("/then")] == [200, 200]
    assert len(site.driver_connections) == 1


@POSTGRESQL
@pytest.mark.parametrize(
    "statement",
    [
        "SET LOCAL work_mem = '5MB'",
        "SET LOCAL transaction_timeout = '5s'",
        "SELECT set_config('work_mem', '5MB', true)",
        "SET CONSTRAINTS ALL IMMEDIATE",
    ],
)
def test_what_ends_with_the_transaction_keeps_its_connection_too(serve: Serve, statement: str) -> None:
    test_an_ordinary_statement_keeps_its_connection(serve, statement)


def test_a_refused_statement_is_a_failure_even_if_nothing_else_was_done(serve: Serve) -> None:
    assert is_failure(serve(at("/", sending("COMMIT"))).ask("/"))
