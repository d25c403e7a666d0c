"""The rows of `make bench` about transactions a second: what is counted was done. No speed is asserted."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from random import Random

import pytest
from sqlalchemy import make_url, update

from benchmarks.load import books, processes, requests, turns, wire
from benchmarks.load.books import Books
from benchmarks.load.serving import PROCESSES
from benchmarks.load.wire import Sent
from benchmarks.opponents import pgbench, plain
from benchmarks.throughput import ROWS, Pace, run
from myapp.db import throwaway
from myapp.ledger.tables import Balance
from tests.databases import Database
from tests.postgres import PostgresServer

TINY = Pace(accounts=20, rounds=2, turn_s=0.05, pages=5)
GOOD = b"HTTP/1.1 201 Created\r\nContent-Length: 4\r\n\r\nbody"


def test_a_tiny_run_lets_everybody_take_turns_and_finds_the_books_right() -> None:
    measured = run("sqlite", TINY)
    named = {turns.SINGLE, turns.HOT, turns.BATCH, turns.PLAIN, turns.PLAIN_BATCH}
    assert set(measured.turns) == named
    assert all(len(taken) == TINY.rounds for taken in measured.turns.values())
    assert all(turn.rate > 0 for taken in measured.turns.values() for turn in taken)
    assert set(measured.turns[turns.SINGLE][0].cpu_us) == {"server", "client"}
    pairs = list(zip(measured.idle_mib, measured.resident_mib, strict=True))
    assert len(pairs) == PROCESSES
    assert all(0 < idle < resident for idle, resident in pairs)


def test_the_plain_loops_write_the_rows_that_the_service_writes(database: Database) -> None:
    opened = books.opened(database.url, accounts=10, clients=2)
    written = _write_plainly(database, opened)
    books.check(opened, written)
    with pytest.raises(RuntimeError, match="were acknowledged"):
        books.check(opened, written + 1)


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_books_that_verify_finds_wrong_do_not_count(database: Database) -> None:
    opened = books.opened(database.url, accounts=3, clients=1)
    with throwaway(database.url) as session:
        session.execute(update(Balance).values(debits=Balance.debits + 1))
    with pytest.raises(RuntimeError, match="verify finds the books wrong"):
        books.check(opened, 0)


def test_pgbench_tells_its_rate(postgres_server: PostgresServer) -> None:
    try:
        assert pgbench.Pgbench(postgres_server, clients=2, scale=1).run(1) > 0
    finally:
        postgres_server.drop_database(pgbench.DATABASE)


def test_no_two_requests_share_an_idempotency_key() -> None:
    made = Books("", ["assets:a", "assets:b"], ["one", "two"], 0)
    pairs = requests.between_random(made, Random(1))
    singles = [next(requests.singles(made, client, pairs)).content for client in (0, 1, 0)]
    assert len({line for each in singles for line in each.split(b"\r\n") if b"Idempotency" in line}) == 3
    batch = next(requests.batches(made, 1, pairs))
    assert batch.transactions == requests.BATCH
    assert batch.content.count(b'"idempotency_key":"item-') == requests.BATCH


@pytest.mark.parametrize("pieces", [[GOOD], [GOOD[:45], GOOD[45:]], [GOOD[:-2], GOOD[-2:]]])
def test_an_answer_may_come_in_pieces(pieces: Sequence[bytes]) -> None:
    with _answering([pieces] * 3) as port:
        answered = wire.drive(port, [iter([Sent(b"x", 7)] * 3)])
    assert (answered.requests, answered.transactions) == (3, 21)


@pytest.mark.parametrize(
    ("pieces", "said"),
    [([b"HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n"], "no success"), ([], "closed")],
)
def test_an_answer_that_is_no_success_ends_the_run(pieces: Sequence[bytes], said: str) -> None:
    with _answering([pieces]) as port, pytest.raises(RuntimeError, match=said):
        wire.drive(port, [iter([Sent(b"x")])])


def test_the_memory_and_the_time_of_a_process_are_told() -> None:
    assert os.getpid() in processes.tree(os.getpid())
    assert processes.cpu_s(os.getpid()) > 0
    assert processes.resident_mib(os.getpid()) > 1


def test_the_rows_promise_what_the_table_of_figures_asks() -> None:
    promised = {(row.opponent, row.reach, row.aim) for row in ROWS if row.reach is not None}
    assert promised == {
        ("pgbench TPC-B, 8 clients", 0.3, 0.6),
        ("pgbench TPC-B, 8 clients", 2, 4),
        ("plain sqlite3, one process", 0.3, 0.6),
        ("plain sqlite3, 100 a commit", 0.5, 0.8),
        ("POST to random accounts", 0.5, 0.8),
        ("-", 110, 80),
    }


def _write_plainly(database: Database, opened: Books) -> int:
    url, random = make_url(database.url), Random(1)
    if database.dialect == "sqlite":
        path = str(url.database)
        return sum(plain.write_on_sqlite(opened, path, random, 0.05, each).transactions for each in (1, 10))
    place = url.set(drivername="postgresql").render_as_string(hide_password=False)
    return plain.write_on_postgresql(opened, place, random, 0.1, clients=4).transactions


@contextmanager
def _answering(answers: Sequence[Sequence[bytes]]) -> Iterator[int]:
    """Listen, and answer each request of one byte with the next answer, piece by piece; then hang up."""

    def answer() -> None:
        connection, _ = listener.accept()
        with closing(connection):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for pieces in answers:
                connection.recv(1)
                for piece in pieces:
                    connection.send(piece)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)
        thread = threading.Thread(target=answer)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(10)
