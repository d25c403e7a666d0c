"""The console blocks of a document, run as they stand against a served application.

A document shows ids and times as they once were. Where one is shown first, the run's own takes its place,
from then on in commands as well as in answers, so that everything else is compared to the letter.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from myapp.schema import upgrade
from tests.serving import ROOT, SCRIPTS, Server, served

TIMEOUT_S = 60
_PROMPT = ">>> "
_VARYING = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z")
_VARIABLE = re.compile(r"(\w+)=(\S+)")
_DOCUMENTS_PORT = "127.0.0.1:6543"


@dataclass(frozen=True)
class Step:
    """A command, and what the document shows below it."""

    command: str
    shown: str


def steps(document: Path) -> list[Step]:
    """Return the commands for the system's shell, in their order."""
    return _found(document, "console", "$ ")


def shell_steps(document: Path) -> list[Step]:
    """Return the lines for Python's shell, in their order."""
    return _found(document, "pycon", _PROMPT)


def _found(document: Path, language: str, prompt: str) -> list[Step]:
    blocks = re.findall(rf"^```{language}\n(.*?)^```", document.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    texts = [re.split(rf"^{re.escape(prompt)}", block, flags=re.MULTILINE)[1:] for block in blocks]
    return [_step(text) for block in texts for text in block]


def _step(text: str) -> Step:
    lines = text.splitlines()
    taken = 1
    while _continues("\n".join(lines[:taken])):
        taken += 1
    return Step("\n".join(lines[:taken]), _trimmed("\n".join(lines[taken:])))


def _trimmed(text: str) -> str:
    # Columns begin with spaces that mean something, and lines of HTTP end with a carriage return.
    return "\n".join(line.rstrip() for line in text.splitlines()).strip("\n")


def _continues(command: str) -> bool:
    try:
        shlex.split(command)
    except ValueError:
        return True
    return command.endswith("\\")


@dataclass
class Console:
    """A shell in a folder of its own, beside a server, that follows a document."""

    server: Server
    folder: Path
    database_url: str
    environment: dict[str, str] = field(default_factory=dict)
    # From what the document shows to what this run has instead.
    learned: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # A fresh machine need not have curl.
        commands = self.folder / "commands"
        commands.mkdir()
        curl = commands / "curl"
        curl.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I "{ROOT / "tests" / "curl.py"}" "$@"\n')
        curl.chmod(0o755)
        self.environment = {
            **os.environ,
            "PATH": f"{commands}:{SCRIPTS}:{os.environ['PATH']}",
            "MYAPP_CONFIG": str(ROOT / "development.ini"),
            "MYAPP_DATABASE_URL": self.database_url,
        }

    def run(self, command: str) -> str:
        """Run a command of the document, and return what it printed."""
        for shown, here in self.learned.items():
            command = command.replace(shown, here)
        command = command.replace(_DOCUMENTS_PORT, self._address)
        if variable := _VARIABLE.fullmatch(command):
            self.environment[variable[1]] = variable[2]
            return ""
        done = subprocess.run(
            command,
            shell=True,
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        return _trimmed(done.stdout.replace(self._address, _DOCUMENTS_PORT))

    def typed(self, lines: list[str]) -> list[str]:
        """Type lines into pshell, and return what each of them printed."""
        done = subprocess.run(
            ["pshell", "development.ini"],
            cwd=ROOT,
            env=self.environment,
            input="".join(f"{line}\n" for line in lines),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        return [_trimmed(printed) for printed in done.stdout.split(_PROMPT)[1 : len(lines) + 1]]

    @property
    def _address(self) -> str:
        return f"127.0.0.1:{self.server.port}"

    def follow(self, document: Path) -> Iterator[tuple[Step, str]]:
        """Run a document's commands; yield each with what it printed, in the document's words."""
        for step in steps(document):
            yield step, self.in_its_words(step.shown, self.run(step.command))

    def in_its_words(self, shown: str, printed: str) -> str:
        """Return what was printed with the document's ids and times, where they stand for the same thing."""
        for theirs, ours in zip(_VARYING.findall(shown), _VARYING.findall(printed), strict=False):
            self.learned.setdefault(theirs, ours)
        back = {ours: theirs for theirs, ours in self.learned.items()}
        return _VARYING.sub(lambda match: back.get(match[0], match[0]), printed)


@contextmanager
def console_of(folder: Path) -> Iterator[Console]:
    """Serve a fresh SQLite file with development.ini, as `make serve` does, with a shell beside it."""
    url = f"sqlite:///{folder}/books.sqlite"
    upgrade(url)
    with served("development.ini", url, folder) as server:
        yield Console(server, folder, url)
