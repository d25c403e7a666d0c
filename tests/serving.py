"""A served application: `pserve` as a process of its own on a free loopback port."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = Path(sys.executable).parent


@dataclass(frozen=True)
class Server:
    """A running server and where it listens."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    def url(self, path: str) -> str:
        """Return the address of a path on this server."""
        return f"http://127.0.0.1:{self.port}{path}"


def free_port() -> int:
    """Return a port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def served(ini: str | Path, database_url: str, folder: Path, *words: str) -> Iterator[Server]:
    """Serve an ini file of the checkout on a free port, named on the command line; end it at the end."""
    port = free_port()
    command = [SCRIPTS / "pserve", ini, f"port={port}", *words]
    environment = {**os.environ, "MYAPP_DATABASE_URL": database_url}
    log = folder / "pserve.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
    try:
        _wait_until_it_listens(process, port)
        yield Server(process, port, log)
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait_until_it_listens(process: subprocess.Popen[bytes], port: int) -> None:
    while _runs(process):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
    raise AssertionError("The server ended before it listened.")


def _runs(process: subprocess.Popen[bytes]) -> bool:
    # To look again at once would take from the server the processor that it needs for its start.
    try:
        process.wait(timeout=0.02)
    except subprocess.TimeoutExpired:
        return True
    return False
