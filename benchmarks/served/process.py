"""A contender served on a free port of the loopback, and ended again, whatever happens in between."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.opponents.database import VARIABLE
from benchmarks.served.client import AnswerError, ask_once
from benchmarks.served.contenders import ROOT, Contender
from tests.serving import free_port

START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 15.0
POLL_S = 0.05
LOG_TAIL_CHARACTERS = 2_000

# It waits until its standard input closes, which the operating system does even for a killed benchmark, and
# then ends the server with its workers.
GUARD = 'read -r _; kill -- "-$1"'


class NotServedError(RuntimeError):
    """A contender did not start; the message ends with what it printed."""


@dataclass(frozen=True)
class Launched:
    """A contender whose process was started; it may take a while until it answers."""

    contender: Contender
    port: int
    log: Path
    process: subprocess.Popen[bytes]
    guard: subprocess.Popen[bytes]

    def wait_until_it_answers(self, request: bytes) -> None:
        """Return after its first answer; asking is the only way to know, so there is a short pause between.

        Raises:
            NotServedError: it ended, or did not answer in time.
        """
        deadline_s = time.monotonic() + START_TIMEOUT_S
        while self.process.poll() is None and time.monotonic() < deadline_s:
            try:
                ask_once(self.port, request)
            except (OSError, AnswerError):
                time.sleep(POLL_S)
            else:
                return
        tail = self.log.read_text(errors="replace")[-LOG_TAIL_CHARACTERS:]
        raise NotServedError(f"{self.contender.name} did not answer:\n{tail}")

    def ask_to_end(self) -> None:
        """Ask it to end, without waiting; several that end together take no longer than one."""
        self.process.terminate()

    def end(self) -> None:
        """End it; workers whose parent hangs are killed with it."""
        # The guard goes first: once the process is gone, its number may become another's.
        self.guard.kill()
        self.guard.communicate()
        self.ask_to_end()
        try:
            self.process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            # The group is its own: it was started as the leader of a session.
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


@contextmanager
def launched(contender: Contender, url: str, log: Path) -> Iterator[Launched]:
    """Start a contender on the database, and end it with the block.

    Raises:
        NotServedError: its server is not installed.
    """
    port = free_port()
    command = contender.command(port)
    if not Path(command[0]).exists():
        raise NotServedError(f"{contender.name} needs {command[0]}; `make opponents` installs it.")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), VARIABLE: url}
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=output, stderr=output, start_new_session=True
        )
    running = Launched(contender, port, log, process, _guard(process))
    try:
        yield running
    finally:
        running.end()


def _guard(process: subprocess.Popen[bytes]) -> subprocess.Popen[bytes]:
    command = ["/bin/sh", "-c", GUARD, "guard", str(process.pid)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)
