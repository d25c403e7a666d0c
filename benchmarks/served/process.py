"""A contender served on a free port of the loopback, and ended again, whatever happens in between."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.opponents.database import VARIABLE
from benchmarks.served.client import Answer, AnswerError, ask_once
from benchmarks.served.contenders import ROOT, Contender
from tests.serving import free_port

START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 15.0
POLL_S = 0.05
LOG_TAIL_CHARACTERS = 2_000


class NotServedError(RuntimeError):
    """A contender did not start; the message ends with what it printed."""


@contextmanager
def launched(contender: Contender, url: str, log: Path) -> Iterator[int]:
    """Start a contender on the database and give its port, on which it need not answer yet."""
    port = free_port()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), VARIABLE: url}
    command = contender.command(port)
    if not Path(command[0]).exists():
        raise NotServedError(f"{command[0]} is not there; `make opponents` installs it.")
    with log.open("wb") as output:
        # A group of its own, so that workers whose parent hangs can be ended with it.
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=output, stderr=output, start_new_session=True
        )
    try:
        yield port
    finally:
        _end(process)


def wait_until_it_answers(contender: Contender, port: int, request: bytes, log: Path) -> Answer:
    """Return its first answer; asking is the only way to know, so there is a short pause between.

    Raises:
        NotServedError: it did not answer in time.
    """
    deadline_s = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline_s:
        try:
            return ask_once(port, request)
        except (OSError, AnswerError):
            time.sleep(POLL_S)
    raise NotServedError(f"{contender.name} did not answer:\n{log.read_text()[-LOG_TAIL_CHARACTERS:]}")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
