"""`pserve production.ini processes=2`: processes that count, limit, survive and end as one service."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from threading import Thread
from urllib.request import urlopen

import pytest

from myapp.server import prepare
from tests.apps import close, make_app
from tests.chaos.calling import Caller, NoAnswerError, UnreachableError
from tests.chaos.ending import END_WITHIN_S
from tests.databases import Database, copy_sqlite, sqlite_database
from tests.serving import ROOT, Server, served

PROCESSES = 2
AT_ONCE = 30
WAIT_S = 60.0
# More than all processes have threads.
SLOW_CLIENTS = 40
CLIENTS = 4
CONNECTIONS = 40
ACKNOWLEDGED = 40
BOOKS = "/v1/ledgers/books"
HALF_A_REQUEST = b"POST /v1/ledgers HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{"
COUNTED = 'myapp_db_attempts_total{mode="none",status="2xx"}'


def ini_file(folder: Path, **settings: object) -> Path:
    """Write production.ini for everybody, and with some settings changed."""
    lines = (ROOT / "production.ini").read_text().splitlines()
    for name, value in {"auth": "none", **settings}.items():
        (place,) = (at for at, line in enumerate(lines) if line.startswith(f"myapp.{name} ="))
        lines[place] = f"myapp.{name} = {value}"
    path = folder / "production.ini"
    path.write_text("\n".join(lines))
    return path


@contextmanager
def two_processes(database: Database, folder: Path, **settings: object) -> Iterator[Server]:
    """Serve, and go on once both are there."""
    ini = ini_file(folder, **settings)
    with served(ini, database.url, folder, f"processes={PROCESSES}") as server:
        wait_until(lambda: len(workers(server)) == PROCESSES)
        yield server


@pytest.fixture(scope="module")
def server(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve to a caller who may send a few requests at once, and then one a second."""
    folder = tmp_path_factory.mktemp("processes")
    copy_sqlite(migrated_sqlite, folder / "books.sqlite")
    database = sqlite_database(folder / "books.sqlite")
    with two_processes(database, folder, requests_per_second=1, requests_at_once=AT_ONCE) as server:
        yield server


def wait_until(happened: Callable[[], bool]) -> None:
    """Look every few milliseconds."""
    deadline_s = time.monotonic() + WAIT_S
    while not happened():
        assert time.monotonic() < deadline_s
        time.sleep(0.01)


def workers(server: Server) -> list[int]:
    """Return the ids of the processes that serve."""
    master = server.process.pid
    return [int(word) for word in Path(f"/proc/{master}/task/{master}/children").read_text().split()]


@contextmanager
def alone(server: Server, worker: int) -> Iterator[Caller]:
    """Connect to one of the processes, while the others stand still."""
    with ExitStack() as stack:
        for other in set(workers(server)) - {worker}:
            os.kill(other, signal.SIGSTOP)
            stack.callback(os.kill, other, signal.SIGCONT)
            # Its main thread is told first; the one that accepts connections goes on for a moment.
            wait_until(lambda other=other: all(state == "T" for state in states(other)))
        yield stack.enter_context(closing(Caller(server.port, "")))


def states(worker: int) -> list[str]:
    """Return what each thread of a process does, as `ps` abbreviates it."""
    stats = (each.read_text() for each in Path(f"/proc/{worker}/task").glob("*/stat"))
    return [stat.rpartition(") ")[2][0] for stat in stats]


def statuses(server: Server, worker: int, path: str, times: int) -> list[int]:
    """Ask one of the processes the same, many times."""
    with alone(server, worker) as caller:
        return [caller.get(path).status for _ in range(times)]


def counted(server: Server, worker: int) -> float:
    """Return what one of the processes says of all of them; the question itself is not counted yet."""
    with alone(server, worker), urlopen(server.url("/metrics")) as answer:
        samples = (line.rpartition(" ") for line in answer.read().decode().splitlines())
        return {name: float(value) for name, _, value in samples if name[:1] != "#"}.get(COUNTED, 0)


def test_each_process_knows_what_all_of_them_did(server: Server) -> None:
    one, other = workers(server)
    before = counted(server, one)
    assert statuses(server, one, "/healthz", 5) + statuses(server, other, "/healthz", 7) == [200] * 12
    assert [counted(server, one), counted(server, other)] == [before + 13, before + 14]


def test_a_caller_may_send_to_all_of_them_together_what_it_may_send_to_one(server: Server) -> None:
    begun_s = time.monotonic()
    answers = [
        status
        for worker in workers(server)
        for status in statuses(server, worker, "/v1/ledgers", 2 * AT_ONCE)
    ]
    lasted_s = time.monotonic() - begun_s
    assert set(answers) == {200, 429}
    assert answers.count(200) <= AT_ONCE + lasted_s


def connections_of(worker: int, port: int) -> int:
    """Return how many connections to the port one of the processes has accepted."""
    established = {
        words[9]
        for words in map(str.split, Path(f"/proc/{worker}/net/tcp").read_text().splitlines()[1:])
        if words[1].endswith(f":{port:04X}") and words[3] == "01"
    }
    names = (str(each.readlink()) for each in Path(f"/proc/{worker}/fd").iterdir() if each.is_symlink())
    return sum(name.removeprefix("socket:[").removesuffix("]") in established for name in names)


def test_a_connection_goes_to_the_process_that_has_fewer(server: Server) -> None:
    busy, idle = workers(server)
    with ExitStack() as stack:
        for _ in range(3):
            with alone(server, busy):
                caller = stack.enter_context(closing(Caller(server.port, "")))
                assert caller.get("/healthz").status == 200
        accepted = connections_of(idle, server.port)
        for _ in range(CONNECTIONS):
            with closing(Caller(server.port, "")) as caller:
                assert caller.get("/healthz").status == 200
                accepted += connections_of(idle, server.port) > 0
    # A process that was not awake in time had its turn taken by the other one; half of them would be chance.
    assert accepted >= 0.75 * CONNECTIONS


def test_clients_that_send_slowly_stop_nobody(server: Server) -> None:
    with ExitStack() as stack:
        for _ in range(SLOW_CLIENTS):
            slow = stack.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            slow.sendall(HALF_A_REQUEST)
        for worker in workers(server):
            assert statuses(server, worker, "/healthz", 1) == [200]


def test_a_process_that_is_killed_is_replaced_and_what_it_did_still_counts(server: Server) -> None:
    killed, survivor = workers(server)
    statuses(server, killed, "/healthz", 5)
    before = counted(server, survivor)
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: killed not in workers(server) and len(workers(server)) == PROCESSES)
    (successor,) = set(workers(server)) - {survivor}
    assert statuses(server, successor, "/healthz", 5) == [200] * 5
    assert counted(server, survivor) == before + 6


def test_when_the_first_process_is_killed_the_others_end_and_leave_the_address(
    migrated_sqlite: Path, tmp_path: Path
) -> None:
    copy_sqlite(migrated_sqlite, tmp_path / "books.sqlite")
    with two_processes(sqlite_database(tmp_path / "books.sqlite"), tmp_path) as server:
        server.process.kill()
        wait_until(lambda: nobody_listens(server.port))


def nobody_listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


class Client:
    """Posts one transaction after another, until nobody answers."""

    def __init__(self, server: Server) -> None:
        self.acknowledged: list[str] = []
        self._caller = Caller(server.port, "")
        self._thread = Thread(target=self._post)
        self._thread.start()

    def _post(self) -> None:
        legs = [("assets:cash", "1"), ("equity:opening", "-1")]
        body = {"postings": [{"account": path, "asset": "USD", "amount": amount} for path, amount in legs]}
        with closing(self._caller), suppress(NoAnswerError, UnreachableError):
            while (answer := self._caller.post(f"{BOOKS}/transactions", body)).status == 201:
                self.acknowledged.append(answer.document["id"])

    def end(self) -> list[str]:
        """Wait until it is done, and return what was acknowledged."""
        self._thread.join()
        return self.acknowledged


def test_a_termination_signal_under_load_loses_nothing_that_was_acknowledged(
    database: Database, tmp_path: Path
) -> None:
    with two_processes(database, tmp_path) as server:
        with closing(Caller(server.port, "")) as caller:
            made = caller.post("/v1/ledgers", {"name": "books", "assets": [{"code": "USD", "scale": 2}]})
            assert made.status == 201
        clients = [Client(server) for _ in range(CLIENTS)]
        wait_until(lambda: sum(len(client.acknowledged) for client in clients) >= ACKNOWLEDGED)
        server.process.terminate()
        assert server.process.wait(END_WITHIN_S) == 0
        acknowledged = {each for client in clients for each in client.end()}
    app = make_app(database)
    kept = app.get(f"{BOOKS}/transactions?limit=500").json
    close(app)
    assert kept["next"] is None
    assert acknowledged - {each["id"] for each in kept["data"]} == set()


@pytest.mark.parametrize("number", ["0", "65", "-1", "two", ""])
def test_a_number_of_processes_that_cannot_be_is_refused(number: str) -> None:
    with pytest.raises(SystemExit, match="it is a number from 1 to 64"):
        prepare({"processes": number})


def test_several_processes_without_gunicorn_are_refused_with_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("myapp.server.find_spec", lambda _: None)
    with pytest.raises(SystemExit, match="pip install gunicorn"):
        prepare({}, processes="2")
