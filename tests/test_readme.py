"""The README's commands, run as they stand against a served application."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from myapp.schema import upgrade
from tests.serving import ROOT, Server, served

# What differs from run to run: ids and times.
_VARYING = re.compile(r'"(id|created_at|recorded_at)":"[^"]*"')


def commands() -> list[tuple[str, str]]:
    """Return the README's console commands, each with the answer printed below it."""
    block = re.search(r"```console\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert block is not None
    steps = re.split(r"^\$ ", block[1], flags=re.MULTILINE)[1:]
    return [(command, answer) for command, answer in (step.strip().rsplit("\n", 1) for step in steps)]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """Serve a fresh SQLite file with development.ini, as `make serve` does."""
    url = f"sqlite:///{tmp_path}/readme.sqlite"
    upgrade(url)
    with served("development.ini", url, tmp_path) as server:
        yield server


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


def test_the_readmes_pictures_are_there_and_small() -> None:
    named = set(re.findall(r"\((docs/screenshots/[^)]+)\)", (ROOT / "README.md").read_text()))
    there = {str(path.relative_to(ROOT)): path.stat().st_size for path in ROOT.glob("docs/screenshots/*.png")}
    assert len(named) >= 4
    assert named <= there.keys()
    assert sum(there.values()) < 600_000


def test_the_readmes_commands_answer_as_the_readme_says(server: Server) -> None:
    assert len(commands()) == 3
    for command, answer in commands():
        assert masked(run_curl(command.replace(":6543", f":{server.port}"))) == masked(answer), command
