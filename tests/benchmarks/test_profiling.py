"""`make profile` tells the truth about what is sent, and gives every moment to one room."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.profiling.__main__ import Found, look_at, table
from benchmarks.profiling.rooms import OTHER, room_of
from tests.postgres import PostgresServer


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def found(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Found]]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('profile') / 'profile.sqlite'}"
        yield list(look_at(request.param, url, 10))
    else:
        server: PostgresServer = request.getfixturevalue("postgres_server")
        server.create_database("profiled")
        yield list(look_at(request.param, server.url("profiled"), 10))
        server.drop_database("profiled")


def test_a_post_and_a_get_send_what_the_page_says(found: list[Found]) -> None:
    sent = {each.name: (each.traffic.statements, each.traffic.round_trips) for each in found}
    if "POST, postgresql" in sent:
        # BEGIN along with the key and the ledger; the write, or the account with its balances; COMMIT.
        assert sent == {"POST, postgresql": (4, 3), "GET, postgresql": (4, 3)}
    else:
        # The write is seven statements here, and a PRAGMA asks for the mode.
        assert sent == {"POST, sqlite": (11, 0), "GET, sqlite": (5, 0)}


def test_the_rooms_add_up_to_the_whole(found: list[Found]) -> None:
    for each in found:
        assert each.profile.whole_us > 0
        if each.profile.rooms_us:
            assert sum(each.profile.rooms_us.values()) == pytest.approx(each.profile.whole_us)


def test_the_table_has_a_column_for_each_request(found: list[Found]) -> None:
    heading, *rows = table(found)
    assert heading.count("|") == 2 + len(found)
    assert {row.count("|") for row in rows} == {heading.count("|")}


def test_a_moment_belongs_to_the_innermost_room_that_is_known() -> None:
    frame = sys._getframe()
    assert room_of(None) == OTHER
    assert room_of(frame) == OTHER
    inside = compile(
        "import sys; frame = sys._getframe()", str(Path("x/myapp/ledger/plan.py").absolute()), "exec"
    )
    names: dict[str, object] = {}
    exec(inside, names)
    assert room_of(names["frame"]) == "myapp.ledger"
