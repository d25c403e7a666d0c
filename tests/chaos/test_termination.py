"""A server is ended with one write in flight: the write finishes, or nothing of it is left."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from typing import Any

import pytest

from tests.apps import close, make_app
from tests.chaos.calling import ANSWER_TIMEOUT_S, Answer, Caller, NoAnswerError
from tests.chaos.conftest import Bank
from tests.chaos.ending import END_WITHIN_S
from tests.chaos.records import TRANSACTIONS, Leg, Order, Verdict
from tests.chaos.transfers import ACCOUNTS
from tests.lifecycle.witness import sessions_on_server

# A server that ends answers nobody new; one that does not end answers within milliseconds.
SILENCE_S = 0.5


@pytest.fixture
def order() -> Order:
    return Order("held", (Leg(ACCOUNTS[1], "USD", 700), Leg(ACCOUNTS[0], "USD", -700)))


@contextmanager
def in_flight(bank: Bank, order: Order) -> Iterator[Caller]:
    """Send the order, and go on once one of the server's threads works on it."""
    with closing(Caller(bank.server.port, "")) as caller:
        caller.send_post(TRANSACTIONS, order.body(), order.key)
        # The server takes requests in the order of their arrival, so two answers later it has taken this.
        for _ in range(2):
            assert ask(bank).status == 200
        yield caller


def ask(bank: Bank, timeout_s: float = ANSWER_TIMEOUT_S) -> Answer:
    with closing(Caller(bank.server.port, "", timeout_s)) as caller:
        return caller.get("/healthz")


def wait_until_nobody_is_served(bank: Bank) -> None:
    """Return once the server has noticed the signal."""
    while True:
        try:
            ask(bank, SILENCE_S)
        except NoAnswerError:
            return


def let_go(bank: Bank, lock: Any) -> None:
    """Give the lock up once the server is gone, and return when its database has noticed that, too."""
    lock.execute("ROLLBACK")
    lock.close()
    if bank.database.dialect == "postgresql":
        # Each look is a round trip; the lock timeout of a backend that waits ends a hopeless wait.
        while sessions_on_server(bank.database):
            pass


def kept(order: Order, document: dict[str, Any]) -> Order:
    order.verdict, order.answer = Verdict.KEPT, document
    return order


def nothing(order: Order) -> Order:
    order.verdict = Verdict.NOTHING
    return order


def test_a_write_in_flight_is_finished_and_answered_before_the_server_ends(
    bank: Bank, lock: Any, order: Order
) -> None:
    with in_flight(bank, order) as caller:
        bank.server.process.send_signal(signal.SIGTERM)
        wait_until_nobody_is_served(bank)
        assert bank.wrong(nothing(order)) == []
        lock.execute("ROLLBACK")
        answer = caller.answer()
    assert answer.status == 201
    assert bank.server.process.wait(END_WITHIN_S) == 0
    assert bank.wrong(kept(order, answer.document)) == []


def test_a_write_that_cannot_finish_leaves_nothing_and_does_not_keep_the_server_from_ending(
    bank: Bank, lock: Any, order: Order
) -> None:
    with in_flight(bank, order) as caller:
        bank.server.process.send_signal(signal.SIGTERM)
        assert bank.server.process.wait(END_WITHIN_S) == 0
        with suppress(NoAnswerError):
            assert caller.answer().status == 503
    let_go(bank, lock)
    assert bank.wrong(nothing(order)) == []


def test_a_killed_server_leaves_nothing_of_a_write_in_flight_and_its_key_is_free(
    bank: Bank, lock: Any, order: Order
) -> None:
    with in_flight(bank, order) as caller:
        bank.server.process.kill()
        with pytest.raises(NoAnswerError):
            caller.answer()
    let_go(bank, lock)
    assert bank.wrong(nothing(order)) == []

    app = make_app(bank.database)
    answer = app.post_json(TRANSACTIONS, order.body(), headers={"Idempotency-Key": order.key}, status=201)
    close(app)
    assert "Idempotency-Replayed" not in answer.headers
    assert bank.wrong(kept(order, answer.json)) == []
