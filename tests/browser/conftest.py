"""A server with the demo books, and a browser: one of each for all tests of a process."""

from __future__ import annotations

import json
import os
import subprocess
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browser.chromium import chromium
from tests.browser.visit import PHONE, Visit, visiting
from tests.serving import ROOT, SCRIPTS, Server, served

HOLD = {
    "description": "A deposit",
    "postings": [
        {"account": "Expenses:Travel", "asset": "USD", "amount": "20.00"},
        {"account": "Assets:US:BofA:Checking", "asset": "USD", "amount": "-20.00"},
    ],
}


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Serve the demo books on SQLite, as `make serve` does."""
    folder = tmp_path_factory.mktemp("browser")
    url = f"sqlite:///{folder / 'books.sqlite'}"
    run("migrate", url)
    run("demo", url)
    with served("development.ini", url, folder) as server:
        call(server, "/v1/ledgers/demo/holds", HOLD)
        yield server


def call(server: Server, path: str, body: Any = None) -> Any:
    """Ask the API of a server, and return what it answers."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(server.url(path), data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def run(command: str, url: str, *arguments: str) -> str:
    """Run the `myapp` command on a database, and return what it printed."""
    environment = {**os.environ, "MYAPP_DATABASE_URL": url}
    called = [SCRIPTS / "myapp", command, "-c", ROOT / "development.ini", *arguments]
    return subprocess.run(
        called, cwd=ROOT, env=environment, check=True, capture_output=True, text=True
    ).stdout


@pytest.fixture
def visit(browser: Browser, server: Server) -> Iterator[Visit]:
    with visiting(browser, server) as visit:
        yield visit


@pytest.fixture
def phone(browser: Browser, server: Server) -> Iterator[Visit]:
    with visiting(browser, server, viewport=PHONE, color_scheme="dark", has_touch=True) as visit:
        yield visit
