"""A log line of production is one JSON object, whatever is in it."""

from __future__ import annotations

import json
import logging
import sys
from typing import Any

import pytest

from myapp.http.logs import JsonFormatter

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
