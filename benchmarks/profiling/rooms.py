"""Whose time it is: from the Python frame that is running to the room it belongs to."""

from __future__ import annotations

import re
from types import FrameType

# What a frame's file tells; the first that fits. Code of the standard library that is not named here works
# for whoever called it.
_FILES = tuple(
    (re.compile(pattern), room)
    for pattern, room in (
        (r"/myapp/(db|http|ledger|security|api|web)/", r"myapp.\1"),
        (r"/sqlalchemy/", "SQLAlchemy"),
        (r"/(psycopg|psycopg_binary)/", "driver and database"),
        (r"/(transaction|zope|zope/[a-z]+|pyramid_tm|pyramid_retry)/", "transaction, zope, pyramid_tm"),
        (r"/(pyramid|webob|hupper|plaster)/", "Pyramid, WebOb"),
        (r"/(logging|structlog)/", "logging"),
        (r"/prometheus_client/", "metrics"),
        (r"/json/", "JSON"),
        (r"/waitress/", "waitress"),
    )
)
# Functions that do little but call what is written in C and has no frame of its own.
_FUNCTIONS = {
    ("sqlalchemy/engine/default.py", "do_execute"): "driver and database",
    ("sqlalchemy/engine/default.py", "do_commit"): "driver and database",
    ("sqlalchemy/engine/default.py", "do_rollback"): "driver and database",
    ("myapp/db/sqlite.py", "_begin"): "driver and database",
    ("myapp/http/body.py", "decode_checked"): "JSON",
    ("myapp/http/body.py", "parse_json"): "JSON",
    ("myapp/api/answer.py", "encoded"): "JSON",
}
OTHER = "other"


def room_of(frame: FrameType | None) -> str:
    """Return the room of the innermost frame that belongs to one."""
    while frame is not None:
        code = frame.f_code
        for (file, function), room in _FUNCTIONS.items():
            if code.co_name == function and code.co_filename.endswith(file):
                return room
        for pattern, room in _FILES:
            if found := pattern.search(code.co_filename):
                return found.expand(room)
        frame = frame.f_back
    return OTHER
