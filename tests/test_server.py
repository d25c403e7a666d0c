"""`pserve`, as people start and end it."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError

from myapp.db import throwaway
from myapp.server import prepare
from tests.databases import Database
from tests.serving import ROOT, SCRIPTS, served


@pytest.mark.parametrize("ini", ["development.ini", "production.ini"])
def test_the_command_line_names_the_port_and_the_environment_the_database(
    ini: str, database: Database, tmp_path: Path
) -> None:
    with served(ini, database.url, tmp_path) as server, urlopen(server.url("/readyz")) as answer:
        assert json.load(answer) == {"status": "ok", "checks": {"database": True, "schema": True}}


def test_production_lets_nobody_in_without_a_key(database: Database, tmp_path: Path) -> None:
    with served("production.ini", database.url, tmp_path) as server:
        with pytest.raises(HTTPError) as refused:
            urlopen(server.url("/v1/ledgers"))
        with refused.value as answer:
            assert (answer.status, json.load(answer)["code"]) == (401, "unauthenticated")


def test_production_logs_json(database: Database, tmp_path: Path) -> None:
    with served("production.ini", database.url, tmp_path) as server:
        urlopen(server.url("/healthz")).close()
    lines = [line for line in server.log.read_text().splitlines() if line.startswith("{")]
    assert any("GET /healthz 200" in json.loads(line)["event"] for line in lines)


def test_a_termination_signal_ends_the_server_in_order(database: Database, tmp_path: Path) -> None:
    with served("development.ini", database.url, tmp_path) as server:
        urlopen(server.url("/healthz")).close()
    assert server.process.returncode == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("threads", "0"),
        ("connection_limit", "0"),
        ("threads", "-1"),
        ("threads", "many"),
        ("thread", "4"),
        ("port", "x"),
        ("port", "99999"),
    ],
)
def test_a_setting_of_the_server_that_makes_no_sense_is_refused(name: str, value: str) -> None:
    with pytest.raises(SystemExit, match=f"{name} = {value}, under") as refused:
        prepare({}, **{name: value})
    assert len(str(refused.value).splitlines()) == 1


def test_settings_of_the_server_that_exclude_each_other_are_refused() -> None:
    with pytest.raises(SystemExit, match=r"\[server:main\]: .*listen"):
        prepare({}, listen="127.0.0.1:6543")


def test_what_the_page_on_security_says_of_a_proxy_is_taken() -> None:
    page = (ROOT / "docs/security.md").read_text()
    lines = dict(re.findall(r"^ +(trusted_proxy\w*) = (\S+)$", page, re.MULTILINE))
    assert lines.keys() == {"trusted_proxy", "trusted_proxy_headers"}
    assert callable(prepare({}, **lines))
    with pytest.raises(SystemExit, match=r"trusted_proxy_headers = x-forwarded, under.*unknown"):
        prepare({}, **{**lines, "trusted_proxy_headers": "x-forwarded"})
    # Another line that makes no sense is not blamed on them.
    with pytest.raises(SystemExit, match="threads = many, under"):
        prepare({}, **lines, threads="many")


def pserve(folder: Path, database_url: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run `pserve` where it cannot start."""
    environment = {**os.environ, "MYAPP_DATABASE_URL": database_url}
    command = [SCRIPTS / "pserve", ROOT / "development.ini", *words]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("processes", ["1", "2"])
@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_a_start_that_fails_does_not_end_as_if_all_were_well(
    database: Database, tmp_path: Path, processes: str
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = pserve(tmp_path, database.url, f"port={port}", f"processes={processes}")
    assert (ended.returncode, "Traceback" in ended.stderr) == (1, False)
    ended = pserve(tmp_path, database.url, "port=x", f"processes={processes}")
    assert (ended.returncode, "port = x" in ended.stderr) == (1, True)


def test_it_says_where_it_serves(database: Database, tmp_path: Path) -> None:
    with served("development.ini", database.url, tmp_path) as running:
        urlopen(running.url("/healthz")).close()
    assert f"Serving on http://127.0.0.1:{running.port}" in running.log.read_text()


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
@pytest.mark.parametrize("words", [(), ("processes=2",)], ids=["one process", "two"])
def test_it_serves_on_all_addresses_where_it_is_asked_to(
    database: Database, tmp_path: Path, words: tuple[str, ...]
) -> None:
    # To one process these are two addresses, one of each version of IP.
    ini = tmp_path / "everywhere.ini"
    ini.write_text((ROOT / "development.ini").read_text().replace("host = 127.0.0.1", "host = *"))
    with served(ini, database.url, tmp_path, *words) as running:
        urlopen(running.url("/healthz")).close()
    assert running.process.returncode == 0
    assert f"://0.0.0.0:{running.port}" in running.log.read_text()


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
@pytest.mark.parametrize("words", [(), ("processes=2",)], ids=["one process", "two"])
def test_a_server_that_ended_leaves_everything_in_the_file(
    database: Database, tmp_path: Path, words: tuple[str, ...]
) -> None:
    with served("development.ini", database.url, tmp_path, *words) as running:
        body = json.dumps({"name": "kept"}).encode()
        asked = Request(running.url("/v1/ledgers"), body, {"Content-Type": "application/json"})
        urlopen(asked).close()
    path = str(make_url(database.url).database)
    assert not Path(f"{path}-wal").exists()


def test_what_a_statement_was_sent_with_is_in_no_error(database: Database) -> None:
    with pytest.raises(DBAPIError) as failed, throwaway(database.url) as session:
        session.execute(text("SELECT :secret FROM nowhere"), {"secret": "hunter2"})
    assert "hunter2" not in str(failed.value)
