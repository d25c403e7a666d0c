"""The server under load: the commands that serve production.ini, and the one that is measured."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from benchmarks.load import processes
from tests.serving import ROOT, SCRIPTS, free_port

INI = "production.ini"
# Two shared cores start Python while others work; waitress waits a few seconds for its threads at the end.
START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 30.0
POLL_S = 0.02


@dataclass(frozen=True)
class Command:
    """How a server is started: `{port}` in its words is where it listens, `workers` of its children serve."""

    name: str
    words: Sequence[str]
    workers: int


# The one place that chooses, as docs/operations.md does: a process for each core, on either database.
SERVER = Command("pserve, processes: 2", ("pserve", INI, "port={port}", "processes=2"), 2)


@dataclass(frozen=True)
class Served:
    """A server that answers on the loopback."""

    command: Command
    pid: int
    port: int

    def workers(self) -> list[int]:
        """Return the processes that serve, as many as the command promises.

        Raises:
            RuntimeError: there are more or less.
        """
        workers = _workers(self.pid)
        if len(workers) != self.command.workers:
            raise RuntimeError(f"{self.command.name}; found {len(workers)}.")
        return workers


@contextmanager
def served(url: str, log: Path, command: Command) -> Iterator[Served]:
    """Serve the database, and end the server when the block ends."""
    port = free_port()
    words = [word.format(port=port) for word in command.words]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [SCRIPTS / words[0], *words[1:]],
            cwd=ROOT,
            env={**os.environ, "MYAPP_DATABASE_URL": url, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        server = Served(command, process.pid, port)
        _wait_until_ready(server, process, log)
        yield server
    finally:
        _end(process)


def _workers(pid: int) -> list[int]:
    return processes.tree(pid)[1:]


def _wait_until_ready(server: Served, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline_s = time.monotonic() + START_TIMEOUT_S
    # The first process may answer before the last is there.
    while not _is_ready(server.port) or len(_workers(server.pid)) < server.command.workers:
        if process.poll() is not None or time.monotonic() > deadline_s:
            raise RuntimeError(f"The server did not start:\n{log.read_text()[-2000:]}")
        time.sleep(POLL_S)


def _is_ready(port: int) -> bool:
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)) != 0:
            return False
    try:
        with urlopen(f"http://127.0.0.1:{port}/readyz", timeout=START_TIMEOUT_S) as answer:
            return bool(answer.status == 200)
    except URLError:
        return False


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
