"""The README's commands, run as they stand against a served application."""

from __future__ import annotations

import json
import os
import re
import shlex
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

ROOT = Path(__file__).resolve().parents[1]
# What differs from run to run: ids and times.
_VARYING = re.compile(r'"(id|created_at|recorded_at)":"[^"]*"')


def commands() -> list[tuple[str, str]]:
    """Return the README's console commands, each with the answer printed below it."""
    block = re.search(r"```console\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert block is not None
    steps = re.split(r"^\$ ", block[1], flags=re.MULTILINE)[1:]
    return [(command, answer) for command, answer in (step.strip().rsplit("\n", 1) for step in steps)]


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    """Serve a fresh SQLite file with development.ini on a free port, as `make serve` does."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number = free.getsockname()[1]
    environment = {**os.environ, "MYAPP_DATABASE_URL": f"sqlite:///{tmp_path}/readme.sqlite"}
    scripts = Path(sys.executable).parent
    subprocess.run([scripts / "myapp", "migrate"], cwd=ROOT, env=environment, check=True)
    command = [scripts / "pserve", "development.ini", f"port={number}"]
    log = tmp_path / "log"
    with log.open("wb") as output:
        server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
    try:
        _wait(server, number)
        yield number
    finally:
        server.terminate()
        server.wait(timeout=30)


def _wait(server: subprocess.Popen[bytes], number: int) -> None:
    """Return once the server listens; it cannot be told by waiting for a fixed time."""
    while server.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", number)) == 0:
                return
    raise AssertionError("The server ended before it listened.")


def run_curl(command: str) -> str:
    """Do what a curl command of the README says; a fresh machine need not have curl."""
    words = iter(shlex.split(command)[1:])
    url, body, headers = "", None, {}
    for word in words:
        if word == "-H":
            name, _, value = next(words).partition(": ")
            headers[name] = value
        elif word == "--json":
            body, headers["Content-Type"] = next(words).encode(), "application/json"
        elif word != "-s":
            url = word
    with urlopen(Request(url, body, headers), timeout=60) as answer:
        return str(answer.read().decode())


def masked(text: str) -> object:
    return json.loads(_VARYING.sub(r'"\1":"…"', text))


def test_the_readmes_commands_answer_as_the_readme_says(port: int) -> None:
    assert len(commands()) == 3
    for command, answer in commands():
        assert masked(run_curl(command.replace(":6543", f":{port}"))) == masked(answer), command
