"""pgbench as PostgreSQL brings it: TPC-B-like transactions, in a database of its own on the same server."""

from __future__ import annotations

import re
import subprocess

from tests.postgres import SUPERUSER, PostgresServer, installed_programs

DATABASE = "pgbench"
# More branches than clients, as its documentation asks, or it would measure how they wait for one another.
SCALE = 10
THREADS = 2
_TPS = re.compile(r"^tps = ([0-9.]+)", re.MULTILINE)
# pgbench ends by itself; this much later, something hangs.
_PATIENCE_S = 60.0


class Pgbench:
    """Its tables on a server, filled once; `run` lets its clients work for a while."""

    def __init__(self, server: PostgresServer, clients: int, scale: int = SCALE) -> None:
        self._server = server
        self._clients = clients
        server.create_database(DATABASE)
        self._call("--initialize", "--quiet", f"--scale={scale}")

    def run(self, seconds: int) -> float:
        """Return the transactions a second, connecting left out, each durable when it counts."""
        clients = (f"--client={self._clients}", f"--jobs={THREADS}")
        said = self._call("--no-vacuum", *clients, f"--time={seconds}", timeout_s=seconds + _PATIENCE_S)
        found = _TPS.search(said)
        if found is None:
            raise RuntimeError(f"pgbench tells no rate:\n{said}")
        return float(found[1])

    def _call(self, *options: str, timeout_s: float = _PATIENCE_S) -> str:
        program = str(installed_programs().folder / "pgbench")
        server = ("--host", self._server.host, "--port", str(self._server.port), "--username", SUPERUSER)
        command = [program, *server, *options, DATABASE]
        done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=timeout_s)
        return done.stdout
