"""`pserve production.ini` as processes that can be killed, ended and started again on the same port."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.chaos.calling import Caller, NoAnswerError, UnreachableError
from tests.databases import Database
from tests.serving import ROOT, SCRIPTS, free_port

INI = "production.ini"
# Two shared cores start a Python process while the others are under load.
START_TIMEOUT_S = 60.0
POLL_S = 0.02


def environment_for(database: Database) -> dict[str, str]:
    """Return the environment in which servers and commands find the database."""
    return {**os.environ, "MYAPP_DATABASE_URL": database.url}


def command(database: Database, *words: str) -> str:
    """Run the `myapp` command as a person would, and return what it printed."""
    done = subprocess.run(
        [SCRIPTS / "myapp", *words, "-c", INI],
        cwd=ROOT,
        env=environment_for(database),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout.strip()


class AppServer:
    """One server process; its log grows through all of its lives."""

    def __init__(self, database: Database, log: Path) -> None:
        self.port = free_port()
        self.log = log
        self._database = database
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and return once it answers."""
        self.launch()
        self.wait_until_it_answers()

    def launch(self) -> None:
        """Start the process without waiting for it."""
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, SCRIPTS / "pserve", INI, f"port={self.port}"],
                cwd=ROOT,
                env=environment_for(self._database),
                stdout=output,
                stderr=output,
            )

    def wait_until_it_answers(self) -> None:
        """Return once it answers; asking is the only way to know, so there is a short pause between."""
        deadline_s = time.monotonic() + START_TIMEOUT_S
        caller = Caller(self.port, "")
        while not self._answers(caller):
            if self._living().poll() is not None or time.monotonic() > deadline_s:
                raise RuntimeError(f"The server on port {self.port} did not start; see {self.log}.")
            time.sleep(POLL_S)
        caller.close()

    def kill(self) -> None:
        """End it with SIGKILL, so that nothing is tidied up."""
        self._living().kill()
        self._living().wait()

    def terminate(self, timeout_s: float) -> tuple[int | None, float]:
        """Send SIGTERM; return the exit status, None if it did not end in time, and the seconds it took."""
        begun_s = time.monotonic()
        self._living().send_signal(signal.SIGTERM)
        try:
            status = self._living().wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.kill()
            return None, timeout_s
        return status, time.monotonic() - begun_s

    def stop(self) -> None:
        """End it in any state."""
        if self._process is not None and self._process.poll() is None:
            self.kill()

    def _answers(self, caller: Caller) -> bool:
        try:
            return caller.get("/healthz").status == 200
        except (NoAnswerError, UnreachableError):
            return False

    def _living(self) -> subprocess.Popen[bytes]:
        assert self._process is not None
        return self._process
