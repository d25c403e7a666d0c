"""The server under load: the commands that serve production.ini, and the one that is measured."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
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


# The one place that chooses, as docs/operations.md does: a process for each core, on either database.
PROCESSES = 2


@dataclass(frozen=True)
class Served:
    """A server that answers on the loopback."""

    pid: int
    port: int

    def workers(self) -> list[int]:
        """Return the processes that serve, as many as were asked for.

        Raises:
            RuntimeError: there are more or less.
        """
        workers = _workers(self.pid)
        if len(workers) != PROCESSES:
            raise RuntimeError(f"{PROCESSES} processes were to serve; found {len(workers)}.")
        return workers


@contextmanager
def served(url: str, log: Path) -> Iterator[Served]:
    """Serve the database, and end the server when the block ends."""
    port = free_port()
    with log.open("wb") as output:
        process = subprocess.Popen(
            [SCRIPTS / "pserve", INI, f"port={port}", f"processes={PROCESSES}"],
            cwd=ROOT,
            env={**os.environ, "MYAPP_DATABASE_URL": url, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        server = Served(process.pid, port)
        _wait_until_ready(server, process, log)
        yield server
    finally:
        _end(process)


def _workers(pid: int) -> list[int]:
    return processes.tree(pid)[1:]


def _wait_until_ready(server: Served, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline_s = time.monotonic() + START_TIMEOUT_S
    # The first process may answer before the last is there.
    while not _is_ready(server.port) or len(_workers(server.pid)) < PROCESSES:
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
