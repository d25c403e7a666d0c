"""Who has read a request serves it, nobody waits for long, all connections are looked at, and it ends."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from contextlib import closing
from threading import Barrier, Event

import pytest

from myapp.http import dispatch
from myapp.http.dispatch import LeaderDispatcher
from tests.http.led import (
    GET,
    LONG_S,
    MEBIBYTE,
    SHORT_S,
    Crowd,
    Served,
    Waiting,
    behind_one_that_waits,
    beside_one_that_waits,
    clients_of,
    read_all,
    served,
    wait_until,
)

PATIENCE_S = 0.2


@pytest.fixture(autouse=True)
def patient_main_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the main thread wait until it is woken."""
    monkeypatch.setattr(dispatch, "_GLANCE_S", 10 * LONG_S)


def test_one_thread_serves_everybody_while_no_request_takes_long() -> None:
    crowd = Crowd()
    with served(8, crowd=crowd) as server, clients_of(server, 8) as clients:
        for _ in range(20):
            clients.ask("crowd")
            assert clients.are_answered()
        # Once when the threads were started.
        assert server.woken == 1
    assert crowd.most == 1
    assert len(crowd.threads) == 1


def test_a_request_that_waits_holds_nobody_up() -> None:
    everybody = Barrier(8, timeout=LONG_S)

    def meet() -> None:
        everybody.wait()

    with served(8, PATIENCE_S, meet=meet) as server, clients_of(server, 8) as clients:
        begun_s = time.monotonic()
        clients.ask("meet")
        assert clients.are_answered()
        # Each begins when the one before it has led for its time.
        assert time.monotonic() - begun_s >= 7 * PATIENCE_S


def test_beside_a_request_that_waits_the_others_are_served_as_if_it_were_not_there() -> None:
    crowd = Crowd()
    with (
        beside_one_that_waits(8, SHORT_S, crowd=crowd) as (server, _),
        clients_of(server, 8) as clients,
    ):
        # Somebody else leads by now.
        wait_until(lambda: not server.dispatcher._serving)
        # Whoever waits for somebody's patience to end waits longer than any test does.
        server.dispatcher._patience_s = 10 * LONG_S
        for _ in range(10):
            clients.ask("crowd")
            assert clients.are_answered()
        assert crowd.most == 1


def test_the_end_of_an_earlier_request_takes_nobody_from_the_others() -> None:
    second = Waiting()
    with (
        beside_one_that_waits(3, PATIENCE_S, second=second, third=lambda: None) as (server, first),
        clients_of(server, 1) as two,
        clients_of(server, 1) as three,
    ):
        wait_until(lambda: server.dispatcher._watcher_sleeps)
        two.ask("second")
        assert second.began.wait(LONG_S)
        first.goes_on.set()
        wait_until(lambda: server.dispatcher._running == 1)
        three.ask("third")
        assert three.are_answered()
        second.goes_on.set()
        assert two.are_answered()


def test_as_many_requests_as_allowed_run_at_once_and_the_next_waits_for_one_of_them() -> None:
    crowd = Crowd()
    with (
        beside_one_that_waits(1, SHORT_S, crowd=crowd) as (server, waiting),
        clients_of(server, 2) as clients,
    ):
        clients.ask("crowd")
        wait_until(lambda: len(server.dispatcher.queue) == 2)
        assert crowd.most == 0
        waiting.goes_on.set()
        assert clients.are_answered()
        assert crowd.most == 1


def test_who_waits_for_its_client_is_looked_after_though_all_threads_serve() -> None:
    size_bytes = 16 * MEBIBYTE

    def much() -> Iterator[bytes]:
        for _ in range(size_bytes // 65_536):
            yield bytes(65_536)

    with served(1, SHORT_S, much=much) as server, closing(server.connect()) as client:
        client.request("GET", "/much")
        # More than the buffers hold, so the view waits until this has been read.
        assert len(client.getresponse().read()) == size_bytes


@pytest.mark.parametrize("sent", [GET % b"much", GET % b"half" * 40], ids=["one answer", "many answers"])
def test_who_reads_nothing_is_given_up_for_the_others(sent: bytes) -> None:
    began = Event()

    def much() -> Iterator[bytes]:
        began.set()
        for _ in range(256):
            yield bytes(65_536)

    def half() -> list[bytes]:
        began.set()
        return [bytes(MEBIBYTE // 2)]

    with (
        served(1, SHORT_S, much=much, half=half, fine=lambda: None) as server,
        socket.create_connection(server.address, timeout=LONG_S) as silent,
        clients_of(server, 1) as other,
    ):
        server.channels_may_be_silent(SHORT_S)
        silent.sendall(sent)
        assert began.wait(LONG_S)
        other.ask("fine")
        assert other.are_answered()
        wait_until(lambda: len(server.channels) == 1)


def test_who_sends_many_requests_at_once_does_not_keep_the_others_from_being_read() -> None:
    other_answered = Event()
    served_before: list[bool] = []

    def busy() -> None:
        served_before.append(other_answered.is_set())
        until_s = time.monotonic() + PATIENCE_S / 10
        while time.monotonic() < until_s and not other_answered.is_set():
            os.sched_yield()

    with (
        served(2, PATIENCE_S, busy=busy, other=other_answered.set) as server,
        socket.create_connection(server.address, timeout=LONG_S) as greedy,
        clients_of(server, 1) as other,
    ):
        greedy.sendall(GET % b"busy" * 100)
        # By now it has been looked who else there is, and nobody was.
        wait_until(lambda: len(served_before) > 15)
        other.ask("other")
        assert other.are_answered()
        read_all(greedy, 100)
    assert served_before.count(True) > 50


def test_a_pipelined_request_is_served_once_the_one_before_is_answered() -> None:
    with behind_one_that_waits(4, GET % b"next", next=lambda: None) as (server, waiting, client):
        # Somebody else leads by now, and looks at the connections until it is woken.
        wait_until(lambda: server.dispatcher._watcher_sleeps)
        waiting.goes_on.set()
        read_all(client, 2)


def test_who_has_nothing_to_do_does_not_look_again_and_again() -> None:
    with beside_one_that_waits(4, SHORT_S) as (server, _):
        wait_until(lambda: server.dispatcher._watcher_sleeps)


def test_who_looks_at_the_connections_is_left_alone() -> None:
    with served(4, SHORT_S, fine=lambda: None) as server, clients_of(server, 1) as client:
        client.ask("fine")
        assert client.are_answered()
        # The request may take a moment longer than its answer, and another thread lead because of it.
        wait_until(lambda: server.dispatcher._running == 0)
        leader = server.dispatcher._leader
        wait_until(lambda: server.dispatcher._watcher_sleeps)
        assert server.dispatcher._leader == leader


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt, ValueError])
def test_what_a_request_raises_ends_nobody_but_itself(error: type[BaseException]) -> None:
    raised = Event()

    def failing() -> None:
        raised.set()
        raise error

    with (
        served(2, failing=failing, fine=lambda: None) as server,
        clients_of(server, 1) as unlucky,
        clients_of(server, 1) as lucky,
    ):
        unlucky.ask("failing")
        assert raised.wait(LONG_S)
        lucky.ask("fine")
        assert lucky.are_answered()


def test_who_ends_badly_lets_the_next_one_begin() -> None:
    began, goes_on = Event(), Event()

    def failing() -> None:
        began.set()
        goes_on.wait(LONG_S)
        raise SystemExit

    with (
        served(1, SHORT_S, failing=failing, fine=lambda: None) as server,
        clients_of(server, 1) as unlucky,
        clients_of(server, 1) as lucky,
    ):
        unlucky.ask("failing")
        assert began.wait(LONG_S)
        lucky.ask("fine")
        wait_until(lambda: len(server.dispatcher.queue) == 1)
        goes_on.set()
        assert lucky.are_answered()


def test_what_the_loop_raises_ends_the_server() -> None:
    server = Served({}, LeaderDispatcher(2, LONG_S))
    server.end(OSError("no more descriptors"))
    assert [str(each) for each in server.raised] == ["no more descriptors"]


@pytest.mark.parametrize("count", [1, 2, 4])
def test_some_of_the_threads_cannot_be_ended_alone(count: int) -> None:
    with pytest.raises(ValueError, match="All 3 threads or none"):
        LeaderDispatcher(2).set_thread_count(count)
