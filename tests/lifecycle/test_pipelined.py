"""A transaction's BEGIN travels with its first statement, and whatever becomes of either is told as ever."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg
import pytest
from psycopg import errors
from psycopg.pq import PipelineStatus, TransactionStatus
from sqlalchemy import make_url

from myapp.db.pipelined import PipelinedConnection, PipelinedCursor
from tests.databases import Database
from tests.lifecycle import witness
from tests.lifecycle.relay import Relay
from tests.wiretap import overheard, round_trips

pytestmark = pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)

ONE = "SELECT %s::int"
QUOTIENT = "SELECT 1 / %s::int"
NAP = "SELECT pg_sleep(%s)"
# A statement is prepared once it was executed so many times.
OFTEN = 8
NEW_OR_PREPARED = pytest.mark.parametrize("times", [0, OFTEN], ids=["new", "prepared"])


def repeat(connection: PipelinedConnection, statement: str, value: float, times: int = OFTEN) -> None:
    """Execute it in a transaction each time, so often that it is prepared."""
    for _ in range(times):
        connection.execute(statement, (value,))
        connection.commit()


def prepared(connection: PipelinedConnection) -> set[str]:
    """Return the statements that the server has prepared for this connection."""
    return {row[0] for row in connection.execute("SELECT statement FROM pg_prepared_statements")}


@contextmanager
def told(connection: PipelinedConnection) -> Iterator[list[str | None]]:
    """Yield a list that fills with the server's remarks, of a BEGIN within a transaction for example."""
    notices: list[str | None] = []
    connection.add_notice_handler(lambda notice: notices.append(notice.message_primary))
    yield notices


def assert_usable(connection: PipelinedConnection) -> None:
    """Check that the next transaction is right, and that nothing of the last one is left."""
    connection.rollback()
    assert connection.info.transaction_status == TransactionStatus.IDLE
    assert connection.execute(ONE, (5,)).fetchone() == (5,)
    assert connection.info.transaction_status == TransactionStatus.INTRANS
    assert connection.pgconn.pipeline_status == PipelineStatus.OFF
    connection.commit()


@NEW_OR_PREPARED
def test_begin_and_the_first_statement_are_one_round_trip(
    connection: PipelinedConnection, times: int
) -> None:
    repeat(connection, ONE, 1, times)
    with overheard(connection) as messages:
        assert connection.execute(ONE, (2,)).fetchall() == [(2,)]
    assert round_trips(messages) == 1
    assert connection.info.transaction_status == TransactionStatus.INTRANS
    with overheard(connection) as messages:
        connection.execute(ONE, (3,))
        connection.commit()
    assert round_trips(messages) == 2


def test_the_transaction_begins_as_the_connection_was_told(connection: PipelinedConnection) -> None:
    connection.isolation_level, connection.read_only = psycopg.IsolationLevel.SERIALIZABLE, True
    shown = connection.execute("SELECT current_setting(%s)", ("transaction_isolation",)).fetchone()
    assert shown == ("serializable",)
    with pytest.raises(errors.ReadOnlySqlTransaction):
        connection.execute("DELETE FROM book WHERE id = %s", (1,))
    assert_usable(connection)


def test_a_statement_that_is_to_be_prepared_is_prepared_all_the_same(connection: PipelinedConnection) -> None:
    repeat(connection, ONE, 1)
    assert prepared(connection) == {"SELECT $1::int"}


@NEW_OR_PREPARED
def test_a_first_statement_that_fails_leaves_a_failed_transaction(
    connection: PipelinedConnection, times: int
) -> None:
    repeat(connection, QUOTIENT, 1, times)
    with pytest.raises(errors.DivisionByZero):
        connection.execute(QUOTIENT, (0,))
    assert connection.info.transaction_status == TransactionStatus.INERROR
    with pytest.raises(errors.InFailedSqlTransaction):
        connection.execute(ONE, (1,))
    assert_usable(connection)


def test_no_more_statements_are_remembered_than_psycopg_would(connection: PipelinedConnection) -> None:
    remembered = connection._prepared
    for number in range(remembered.prepared_max + OFTEN):
        connection.execute(f"SELECT {number} + %s::int", (1,))
        connection.commit()
    assert len(remembered._counts) == remembered.prepared_max


def test_a_begin_that_fails_is_told_and_its_statement_is_not_executed(
    connection: PipelinedConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    repeat(connection, ONE, 1)
    with monkeypatch.context() as patch:
        patch.setattr(connection, "_get_tx_start_command", lambda: b"BEGIN ISOLATION LEVEL SNAPSHOT")
        with pytest.raises(errors.SyntaxError, match="SNAPSHOT"):
            connection.execute("INSERT INTO shelf (id, name, visits) VALUES (%s, 'third', 0)", (3,))
    assert connection.info.transaction_status == TransactionStatus.IDLE
    assert connection.execute("SELECT count(*) FROM shelf WHERE id = %s", (3,)).fetchone() == (0,)
    assert_usable(connection)


def test_a_first_statement_that_takes_too_long_is_cancelled(connection: PipelinedConnection) -> None:
    repeat(connection, NAP, 0)
    connection.execute("SET statement_timeout = 50")
    connection.commit()
    with pytest.raises(errors.QueryCanceled):
        connection.execute(NAP, (60,))
    assert_usable(connection)


def test_who_interrupts_the_first_statement_gets_a_connection_that_works(
    connection: PipelinedConnection, bookcase_database: Database
) -> None:
    repeat(connection, NAP, 0)
    interruption = threading.Thread(target=interrupt_once_it_naps, args=(bookcase_database,))
    with interruptible():
        interruption.start()
        with pytest.raises(KeyboardInterrupt):
            connection.execute(NAP, (60,))
    interruption.join()
    assert_usable(connection)


@contextmanager
def interruptible() -> Iterator[None]:
    """Let Ctrl-C raise: a shell has what it runs in the background ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def interrupt_once_it_naps(database: Database) -> None:
    """Press Ctrl-C as soon as the server naps."""
    with closing(witness.connect(database)) as other:
        who_naps(other)
    os.kill(os.getpid(), signal.SIGINT)


def end_who_naps(database: Database) -> None:
    """End the connection, as an administrator would."""
    with closing(witness.connect(database)) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", (who_naps(other),))


def who_naps(other: Any) -> int | None:
    """Return the process that naps, as soon as one does."""
    for _ in range(10_000):
        found = other.execute("SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep'").fetchone()
        other.rollback()
        if found is not None:
            return int(found[0])
    return None


def test_the_reason_of_a_server_that_hangs_up_meanwhile_is_told(
    connection: PipelinedConnection, bookcase_database: Database
) -> None:
    """Where BEGIN was answered, and the statement never will be."""
    repeat(connection, NAP, 0)
    end = threading.Thread(target=end_who_naps, args=(bookcase_database,))
    end.start()
    with pytest.raises(errors.AdminShutdown):
        connection.execute(NAP, (60,))
    end.join()
    assert connection.closed


def test_the_reason_of_a_statement_that_ends_its_own_connection_is_told(
    connection: PipelinedConnection,
) -> None:
    with pytest.raises(errors.AdminShutdown):
        connection.execute("SELECT pg_terminate_backend(pg_backend_pid(), %s)", (1,))
    assert connection.closed


def test_the_reason_of_a_server_that_hangs_up_at_the_very_end_is_told(bookcase_database: Database) -> None:
    url = make_url(bookcase_database.url)
    with closing(Relay(str(url.host), int(url.port or 5432))) as relay:
        through = url.set(drivername="postgresql", host="127.0.0.1", port=relay.port)
        dsn = through.update_query_dict({"sslmode": "disable", "gssencmode": "disable"})
        with closing(PipelinedConnection.connect(dsn.render_as_string(hide_password=False))) as connection:
            repeat(connection, ONE, 1)
            relay.hangs_up_when_ready = True
            with pytest.raises(errors.AdminShutdown, match="gone instead"):
                connection.execute(ONE, (1,))
            assert connection.closed


def test_more_parameters_than_fit_are_refused_and_nothing_else_happens(
    connection: PipelinedConnection,
) -> None:
    too_many = range(65_536)
    with pytest.raises(psycopg.OperationalError):
        connection.execute(f"SELECT 1 WHERE 1 IN ({','.join(['%s'] * len(too_many))})", list(too_many))
    assert_usable(connection)


def test_what_fails_before_it_is_sent_leaves_no_connection_that_waits_for_ever(
    connection: PipelinedConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object, **options: object) -> None:
        raise MemoryError

    monkeypatch.setattr(PipelinedCursor, "_execute_send", fail)
    with pytest.raises(MemoryError):
        connection.execute(ONE, (1,))
    assert connection.closed


def test_the_reason_of_a_server_that_hung_up_is_told(
    connection: PipelinedConnection, bookcase_database: Database
) -> None:
    repeat(connection, ONE, 1)
    with closing(witness.connect(bookcase_database)) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", (connection.info.backend_pid,))
    with pytest.raises(errors.AdminShutdown):
        connection.execute(ONE, (1,))
    assert connection.closed


def test_a_connection_that_was_cut_is_told_as_lost(connection: PipelinedConnection) -> None:
    repeat(connection, ONE, 1)
    with socket.socket(fileno=os.dup(connection.fileno())) as wire:
        wire.shutdown(socket.SHUT_RDWR)
    with pytest.raises(psycopg.OperationalError):
        connection.execute(ONE, (1,))


def test_parameters_that_cannot_be_sent_begin_nothing(connection: PipelinedConnection) -> None:
    with pytest.raises(psycopg.ProgrammingError):
        connection.execute(ONE, (object(),))
    assert connection.info.transaction_status == TransactionStatus.IDLE
    with told(connection) as notices, connection.cursor() as cursor:
        cursor.executemany("UPDATE shelf SET visits = %s", [(1,), (2,)])
    assert notices == []
    assert_usable(connection)


def test_a_transaction_begins_once(connection: PipelinedConnection) -> None:
    with told(connection) as notices:
        for _ in range(OFTEN):
            connection.execute(ONE, (1,))
    assert notices == []


def test_several_statements_at_once_are_still_possible(connection: PipelinedConnection) -> None:
    with overheard(connection) as messages:
        connection.execute("SELECT 1; SELECT 2")
    assert round_trips(messages) == 2
    assert_usable(connection)


def test_every_other_way_to_begin_is_as_it_was(connection: PipelinedConnection) -> None:
    """Many rows at once, a COPY, a cursor in the server, rows one by one, psycopg's own pipeline."""
    repeat(connection, ONE, 1)
    with connection.cursor() as cursor:
        cursor.executemany("UPDATE shelf SET visits = %s", [(1,), (2,)])
        connection.rollback()
        with cursor.copy("COPY (SELECT 7) TO STDOUT") as copy:
            assert b"".join(copy) == b"7\n"
        connection.rollback()
        assert list(cursor.stream(ONE, (8,))) == [(8,)]
        connection.rollback()
    with connection.cursor("in the server") as cursor:
        assert cursor.execute("SELECT generate_series(1, %s)", (3,)).fetchall() == [(1,), (2,), (3,)]
    connection.rollback()
    with connection.pipeline():
        first, second = connection.execute(ONE, (1,)), connection.execute(ONE, (2,))
    assert (first.fetchone(), second.fetchone()) == ((1,), (2,))
    assert_usable(connection)


def test_without_transactions_there_is_no_begin(connection: PipelinedConnection) -> None:
    connection.autocommit = True
    assert connection.execute(ONE, (1,)).fetchone() == (1,)
    assert connection.info.transaction_status == TransactionStatus.IDLE
