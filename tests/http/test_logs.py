"""A log line of production is one JSON object, whatever is in it, and a request leaves one line."""

from __future__ import annotations

import json
import logging
import sys
from typing import Any

import pytest

from myapp.http.logs import JsonFormatter
from tests.apps import close, make_app
from tests.databases import Database

MEMBERS = {"event", "logger", "level", "timestamp"}


def line(message: Any, *arguments: object, **more: Any) -> str:
    record = logging.LogRecord("myapp.requests", logging.INFO, "file", 1, message, arguments, None)
    for name, value in more.items():
        setattr(record, name, value)
    return JsonFormatter().format(record)


@pytest.mark.parametrize("text", ["plain", 'quotes " and \\', "two\nlines", "naïve \N{SNOWMAN}", "\0"])
def test_a_message_is_said_as_it_is(text: str) -> None:
    said = line("%s %d", text, 7)
    assert "\n" not in said
    members = json.loads(said)
    assert members.keys() == MEMBERS
    assert (members["event"], members["logger"], members["level"]) == (f"{text} 7", "myapp.requests", "info")


def test_half_of_a_surrogate_pair_can_be_written_all_the_same() -> None:
    assert json.loads(line("%s", "\ud800").encode())["event"] == "\\ud800"


def test_the_time_is_that_of_the_record_in_utc() -> None:
    assert json.loads(line("x", created=0.5))["timestamp"] == "1970-01-01T00:00:00.500000Z"


def test_an_error_brings_its_traceback() -> None:
    try:
        raise ValueError("why")
    except ValueError:
        members = json.loads(line("failed", exc_info=sys.exc_info()))
    assert members.keys() == MEMBERS | {"exception"}
    assert "ValueError: why" in members["exception"]
    assert members["event"] == "failed"


def test_both_ways_to_make_a_line_agree_on_its_members() -> None:
    quick, slow = json.loads(line("x")), json.loads(line("x", stack_info="here"))
    assert set(slow) >= set(quick)
    assert {name: slow[name] for name in ("event", "logger", "level")} == {
        name: quick[name] for name in ("event", "logger", "level")
    }


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("path", "logged"),
    [
        ("/v1/x%0aINFO%20forged", "/v1/x%0AINFO%20forged"),
        ("/v1/x%0d%1b%5b2J%00%7f", "/v1/x%0D%1B%5B2J%00%7F"),
        ("/v1/%c2%85%e2%80%a8", "/v1/%C2%85%E2%80%A8"),
        ("/v1/%ff%25", "/v1/%FF%25"),
        ("/v1/a:b@c,d;e=f+g", "/v1/a:b@c,d;e=f+g"),
    ],
)
def test_a_request_leaves_one_line_whatever_its_address(
    database: Database, caplog: pytest.LogCaptureFixture, path: str, logged: str
) -> None:
    app = make_app(database)
    with caplog.at_level(logging.INFO, "myapp.requests"):
        app.get(path, expect_errors=True)
    close(app)
    (message,) = (record.getMessage() for record in caplog.records if record.name == "myapp.requests")
    assert message.startswith(f"GET {logged} 4")
    assert message.isascii()
    assert message.isprintable()
