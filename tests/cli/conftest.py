"""A folder with an ini file of its own, and the console scripts run in it as a person would."""

from __future__ import annotations

import contextlib
import io
import os
import pty
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO
from unittest.mock import patch

import alembic.config
import pytest
from webtest import TestApp

from myapp.cli import main
from tests.apps import close, make_app
from tests.databases import Database

REPOSITORY = Path(__file__).parents[2]
TIMEOUT_S = 60


@dataclass(frozen=True)
class Shell:
    """Runs the scripts of this virtual environment in one folder."""

    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    def run(self, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        script = Path(sys.executable).with_name(command[0])
        # A developer's own MYAPP_ variables must not reach the command.
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("MYAPP_")}
        return subprocess.run(
            [script, *command[1:]],
            cwd=self.folder,
            env={**inherited, **self.environment, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )

    def succeed(self, *command: str, **environment: str) -> str:
        """Return what the command printed, once it succeeded without a word on standard error."""
        done = self.run(*command, **environment)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    def fail(self, *command: str, **environment: str) -> str:
        """Return the one line with which the command failed."""
        done = self.run(*command, **environment)
        assert done.returncode != 0
        assert_one_line(done.stderr)
        assert done.stdout == ""
        return done.stderr


# What the scripts call.
MAINS = {"myapp": main, "alembic": lambda: sys.exit(alembic.config.main())}


class InProcess(Shell):
    """The same for the scripts of `MAINS`, without a process of its own: a second less each time."""

    def run(self, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        error = io.StringIO()
        code, out = self._run(error, command, environment)
        return subprocess.CompletedProcess(command, code, out, error.getvalue())

    def watch(self, *command: str) -> tuple[str, str]:
        """Return what the command printed, and what a terminal showed that its standard error was."""
        watched, end = pty.openpty()
        with ThreadPoolExecutor(1) as pool:
            screen = pool.submit(_shown, watched)
            # Closed before its words are waited for, which end with it.
            with os.fdopen(end, "w") as error:
                code, out = self._run(error, command, {"TERM": "xterm", "COLUMNS": "100"})
            assert code == 0, screen.result()
            return out, screen.result()

    def _run(
        self, error: TextIO, command: tuple[str, ...], environment: Mapping[str, str]
    ) -> tuple[int, str]:
        # A journal is written as bytes, below the text.
        out = io.TextIOWrapper(io.BytesIO(), "utf-8", newline="")
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("MYAPP_")}
        with (
            contextlib.chdir(self.folder),
            patch.dict(os.environ, {**inherited, **self.environment, **environment}, clear=True),
            patch.object(sys, "argv", list(command)),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(error),
            pytest.raises(SystemExit) as left,
        ):
            MAINS[command[0]]()
        out.seek(0)
        return int(left.value.code or 0), out.read()


def _shown(terminal: int) -> str:
    """Return all that a terminal is shown, until nobody can write to it any more."""
    parts = []
    # Linux says in this way that nobody can.
    with contextlib.suppress(OSError):
        while part := os.read(terminal, 65_536):
            parts.append(part)
    os.close(terminal)
    return b"".join(parts).decode()


def assert_one_line(text: str) -> None:
    assert len(text.splitlines()) == 1, text
    assert text.endswith("\n")
    assert "Traceback" not in text


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "books of mine"
    made.mkdir()
    shutil.copy(REPOSITORY / "development.ini", made)
    return made


@pytest.fixture
def shell(folder: Path, database: Database) -> InProcess:
    """Return a shell in the folder, whose environment names the migrated database."""
    return InProcess(folder, {"MYAPP_DATABASE_URL": database.url})


@pytest.fixture
def app(database: Database) -> Iterator[TestApp]:
    """Return the service on the same database."""
    made = make_app(database)
    yield made
    close(made)


@pytest.fixture
def process_shell(folder: Path, database: Database) -> Shell:
    """Return the same with a process for every command, as a person has it."""
    return Shell(folder, {"MYAPP_DATABASE_URL": database.url})
