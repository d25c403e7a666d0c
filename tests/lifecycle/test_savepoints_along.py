"""SAVEPOINT and RELEASE travel with the statement behind them, or not at all when the transaction ends."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import psycopg
import pytest
from psycopg import errors
from psycopg.pq import PipelineStatus, TransactionStatus
from sqlalchemy import create_engine, insert, make_url, select

from myapp.db import SessionFactory, unit_of_work
from myapp.db.engine import make_engine
from myapp.db.pipelined import PipelinedConnection
from myapp.db.settings import DbSettings
from tests.databases import Database
from tests.lifecycle.bookcase import Shelf
from tests.lifecycle.conftest import Serve
from tests.wiretap import overheard, round_trips, sent

pytestmark = pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)

ONE = "SELECT %s::int"
VISITS = "UPDATE shelf SET visits = visits + %s"
SAVE, BACK, RELEASE = b"SAVEPOINT a", "ROLLBACK TO SAVEPOINT a", b"RELEASE SAVEPOINT a"


@pytest.fixture
def connection(connection: PipelinedConnection) -> PipelinedConnection:
    """Give the test a connection in the midst of a transaction."""
    connection.execute(ONE, (1,))
    return connection


def visits(connection: PipelinedConnection) -> set[int]:
    return {row[0] for row in connection.execute("SELECT visits FROM shelf")}


def test_a_savepoint_and_its_statement_are_one_round_trip_and_are_undone(
    connection: PipelinedConnection,
) -> None:
    before = visits(connection)
    assert connection.send_along(SAVE)
    with overheard(connection) as messages:
        connection.execute(VISITS, (1,))
    assert round_trips(messages) == 1
    assert visits(connection) != before
    connection.execute(BACK)
    assert visits(connection) == before


def test_several_that_wait_travel_together_in_their_order(connection: PipelinedConnection) -> None:
    connection.send_along(SAVE)
    connection.execute(VISITS, (1,))
    connection.send_along(RELEASE)
    connection.send_along(b"SAVEPOINT b")
    with overheard(connection) as messages:
        connection.execute(VISITS, (1,))
    assert round_trips(messages) == 1
    connection.execute("ROLLBACK TO SAVEPOINT b")
    with pytest.raises(errors.InvalidSavepointSpecification):
        connection.execute(BACK)


@pytest.mark.parametrize("end", [PipelinedConnection.commit, PipelinedConnection.rollback])
def test_what_still_waits_at_the_end_is_never_sent(
    connection: PipelinedConnection, end: Callable[[PipelinedConnection], None]
) -> None:
    connection.send_along(SAVE)
    connection.send_along(RELEASE)
    with overheard(connection) as messages:
        end(connection)
    assert round_trips(messages) == 1
    with overheard(connection) as messages:
        connection.execute(ONE, (1,))
    assert not [text for text in sent(messages) if "SAVEPOINT" in text]


def test_outside_of_a_transaction_that_is_well_nothing_waits(connection: PipelinedConnection) -> None:
    connection.commit()
    assert not connection.send_along(SAVE)
    with suppress(errors.DivisionByZero):
        connection.execute("SELECT 1 / %s::int", (0,))
    assert not connection.send_along(SAVE)


def test_in_a_pipeline_of_psycopgs_own_nothing_waits(connection: PipelinedConnection) -> None:
    with connection.pipeline():
        assert not connection.send_along(SAVE)


def test_one_that_fails_is_told_and_its_statement_is_not_executed(connection: PipelinedConnection) -> None:
    connection.send_along(RELEASE)
    with pytest.raises(errors.InvalidSavepointSpecification):
        connection.execute(VISITS, (1,))
    assert connection.info.transaction_status == TransactionStatus.INERROR
    assert connection.pgconn.pipeline_status == PipelineStatus.OFF
    connection.rollback()
    assert connection.execute(ONE, (5,)).fetchone() == (5,)


def test_a_statement_that_cannot_be_sent_leaves_it_waiting(connection: PipelinedConnection) -> None:
    connection.send_along(SAVE)
    with pytest.raises(psycopg.ProgrammingError):
        connection.execute(ONE, (object(),))
    connection.execute(BACK)
    assert connection.info.transaction_status == TransactionStatus.INTRANS


def _many(connection: PipelinedConnection) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(VISITS, [(1,), (2,)])


def _several(connection: PipelinedConnection) -> None:
    connection.execute("UPDATE shelf SET visits = 7; SELECT 1")


def _copy(connection: PipelinedConnection) -> None:
    with connection.cursor().copy("COPY shelf TO STDOUT") as copy:
        b"".join(copy)


def _stream(connection: PipelinedConnection) -> None:
    list(connection.cursor().stream(ONE, (1,)))


def _in_the_server(connection: PipelinedConnection) -> None:
    with connection.cursor("far") as cursor:
        cursor.execute("SELECT generate_series(1, %s)", (3,)).fetchall()


def _pipeline(connection: PipelinedConnection) -> None:
    with connection.pipeline():
        connection.execute(VISITS, (1,))


def _block(connection: PipelinedConnection) -> None:
    with connection.transaction():
        connection.execute(VISITS, (1,))


def _prepared(connection: PipelinedConnection) -> None:
    connection.execute(VISITS, (1,), prepare=True)


@pytest.mark.parametrize(
    "use", [_many, _several, _copy, _stream, _in_the_server, _pipeline, _block, _prepared]
)
def test_whatever_comes_next_comes_behind_it(connection: PipelinedConnection, use: Any) -> None:
    before = visits(connection)
    connection.send_along(SAVE)
    use(connection)
    connection.execute(BACK)
    assert visits(connection) == before


def test_a_nested_block_costs_no_round_trip(serve: Serve) -> None:
    factory: SessionFactory = serve().registry["dbsession_factory"]
    with unit_of_work(factory) as session:
        session.execute(select(Shelf))
        driver = session.connection().connection.dbapi_connection
        with overheard(driver) as messages:
            with session.begin_nested():
                session.execute(insert(Shelf).values(id=77, name="nested", visits=0))
            with session.begin_nested() as undone:
                session.execute(insert(Shelf).values(id=78, name="undone", visits=0))
                undone.rollback()
        # Of each its statement, and the one that undoes the second.
        assert round_trips(messages) == 3
    with unit_of_work(factory) as session:
        assert session.get(Shelf, 77) is not None
        assert session.get(Shelf, 78) is None


def test_an_engine_that_makes_its_connections_itself_sends_each_by_itself(
    bookcase_database: Database,
) -> None:
    dsn = make_url(bookcase_database.url).set(drivername="postgresql").render_as_string(hide_password=False)
    engine = create_engine(bookcase_database.url, creator=lambda: psycopg.connect(dsn))
    with unit_of_work(SessionFactory(make_engine(DbSettings(engine=engine)))) as session:
        with session.begin_nested():
            session.execute(insert(Shelf).values(id=77, name="nested", visits=0))
        with session.begin_nested() as undone:
            session.execute(insert(Shelf).values(id=78, name="undone", visits=0))
            undone.rollback()
        assert session.scalars(select(Shelf.id).where(Shelf.id > 70)).all() == [77]
    engine.dispose()
