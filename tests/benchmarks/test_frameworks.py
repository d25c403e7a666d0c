"""The rows of `make bench` about other frameworks: only the same work is measured. No speed is asserted."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from signal import SIGTERM
from threading import Thread

import pytest

from benchmarks.frameworks import Turns, compare
from benchmarks.served.agreement import DisagreementError, see_that_they_agree
from benchmarks.served.client import AnswerError, answers_per_s, ask_once
from benchmarks.served.contenders import OURS, OURS_WITH_ORM, ROOT
from benchmarks.served.process import NotServedError, launched
from benchmarks.served.questions import QUESTIONS, inserts, reads
from benchmarks.served.stands import Stand, served_at_once, stand
from benchmarks.strategies.databases import Databases, sqlite_databases
from benchmarks.strategies.model import OPENING_BALANCE
from benchmarks.strategies.witness import Witness

TINY = Turns(rounds=2, turn_s=0.05, warm_up_s=0.01)
OPPONENT = replace(OURS, name="an opponent")

# How long a server that was told to end may not notice.
POLL_S = 0.01
PATIENCE_S = 30.0

Answering = Callable[[str, bytes], tuple[int, dict[str, int]]]


@pytest.fixture(scope="module")
def databases() -> Iterator[Databases]:
    with sqlite_databases() as databases:
        yield databases


@pytest.fixture(scope="module")
def served(databases: Databases) -> Iterator[Stand]:
    with served_at_once(databases, [OURS]) as (ours,):
        yield ours


@pytest.fixture
def ours(served: Stand) -> Stand:
    """Give ours on a database as a fresh one."""
    with Witness(served.url) as witness:
        witness.execute("DELETE FROM note WHERE id > 1")
    return stand(served.name, served.port, served.url)


class Impostor(ThreadingHTTPServer):
    """A server that is no framework."""

    def handle_error(self, *arguments: object) -> None:
        """Print nothing when the client hangs up, as it does after an answer that ends the run."""


@contextmanager
def answering(answer: Answering, *, keep_alive: bool = True) -> Iterator[int]:
    """Serve these answers, and give the port."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, document = answer(self.path, body)
            content = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            if not keep_alive:
                self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET

        def log_message(self, *arguments: object) -> None:
            """Write nothing."""

    with Impostor(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=[POLL_S])
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def truthful(path: str, body: bytes, *, balance: int = OPENING_BALANCE) -> tuple[int, dict[str, int]]:
    """Answer as ours does, if nobody else adds a note."""
    if body:
        return 201, {"id": 2 + int(re.findall(rb"\d+", body)[0])}
    return 200, {"id": int(path.rpartition("/")[2]), "balance": balance}


def test_a_tiny_run_gives_a_figure_for_each_work_and_tells_what_everybody_answered(
    databases: Databases,
) -> None:
    figures = compare(databases, TINY, opponents=[OPPONENT], bystanders=[OURS_WITH_ORM])
    assert set(figures) == set(QUESTIONS)
    for figure in figures.values():
        everybody = (OURS, OPPONENT, OURS_WITH_ORM)
        assert set(figure.details) == {f"{each.name}, requests/s" for each in everybody}
        assert min(figure.details.values()) > 0
        assert figure.value > 0


def test_a_wrong_answer_to_a_read_is_refused(databases: Databases, ours: Stand) -> None:
    with databases.fresh() as url, answering(partial(truthful, balance=1)) as port:
        liar = stand("a liar", port, url)
        with pytest.raises(DisagreementError, match="a liar gives"):
            see_that_they_agree([ours, liar])


def test_a_note_that_is_acknowledged_and_not_kept_is_refused(databases: Databases, ours: Stand) -> None:
    with databases.fresh() as url, answering(truthful) as port:
        liar = stand("a liar", port, url)
        with pytest.raises(DisagreementError, match=r"gives \(201, .*, 2\), and a liar gives \(201, .*, 1\)"):
            see_that_they_agree([ours, liar])


def test_an_answer_that_is_no_success_ends_the_run() -> None:
    with answering(lambda path, body: (500, {})) as port, pytest.raises(AnswerError, match="500"):
        answers_per_s(port, reads(), 0.05)


@pytest.mark.parametrize("keep_alive", [True, False])
def test_everything_that_is_sent_is_counted_whether_the_connection_is_kept_or_not(keep_alive: bool) -> None:
    asked: list[bytes] = []

    def counting(path: str, body: bytes) -> tuple[int, dict[str, int]]:
        asked.append(body)
        return truthful(path, body)

    with answering(counting, keep_alive=keep_alive) as port:
        assert answers_per_s(port, inserts(), 0.05) > 0
    assert len(set(asked)) == len(asked) > 8


def test_an_answer_says_its_status_and_media_type(ours: Stand) -> None:
    answer = ask_once(ours.port, next(reads()))
    assert (answer.status, answer.media_type) == (200, "application/json")
    assert json.loads(answer.body) == {"id": 1, "balance": OPENING_BALANCE}


def test_a_server_that_is_not_installed_is_named_with_the_target_that_installs_it(tmp_path: Path) -> None:
    absent = replace(OURS, command=lambda port: [tmp_path / "gunicorn"])
    with pytest.raises(NotServedError, match="`make opponents` installs it"):
        launched(absent, "", tmp_path / "log").__enter__()


def test_a_server_that_ends_at_once_is_told_with_what_it_printed(databases: Databases) -> None:
    broken = replace(OURS, command=lambda port: [sys.executable, "-c", "raise SystemExit('no such thing')"])
    with pytest.raises(NotServedError, match="no such thing"), served_at_once(databases, [broken]):
        pass


def test_a_server_ends_with_the_benchmark_however_that_ends(tmp_path: Path) -> None:
    sleeping = replace(OURS, command=lambda port: [sys.executable, "-c", "import signal; signal.pause()"])
    with launched(sleeping, "", tmp_path / "log") as running:
        # What the operating system does for a benchmark that was killed.
        running.guard.communicate(timeout=PATIENCE_S)
        assert running.process.wait(PATIENCE_S) == -SIGTERM


def test_both_environments_have_the_same_sqlalchemy_and_the_same_driver() -> None:
    ours, theirs = (_pins(ROOT / folder / "requirements.txt") for folder in ("", "benchmarks/opponents"))
    shared = ours.keys() & theirs.keys()
    assert shared >= {"sqlalchemy", "psycopg", "psycopg-binary"}
    assert {name: ours[name] for name in shared} == {name: theirs[name] for name in shared}


def _pins(requirements: Path) -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+)==([\w.]+)", requirements.read_text(), re.MULTILINE))
