"""`pserve`, as people start and end it."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from myapp.server import serve
from tests.databases import Database
from tests.serving import served


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
    [("threads", "0"), ("threads", "-1"), ("threads", "many"), ("thread", "4"), ("port", "x")],
)
def test_a_setting_of_the_server_that_makes_no_sense_is_refused(name: str, value: str) -> None:
    with pytest.raises(SystemExit, match=f"{name} = {value}, under") as refused:
        serve(None, {}, **{name: value})
    assert len(str(refused.value).splitlines()) == 1


def test_settings_of_the_server_that_exclude_each_other_are_refused() -> None:
    with pytest.raises(SystemExit, match=r"\[server:main\]: .*listen"):
        serve(None, {}, listen="127.0.0.1:6543")
