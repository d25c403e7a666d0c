"""How each is served on two cores: as its documentation says, with two processes where it has workers."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
OUR_SCRIPTS = Path(sys.executable).parent
THEIR_SCRIPTS = ROOT / ".venv-opponents" / "bin"

WORKERS = 2
# Together as many as the client has connections.
THREADS = 4

Command = Callable[[int], Sequence[str | Path]]


@dataclass(frozen=True)
class Contender:
    """An application with the command that serves it on a port; `requirements` are the versions it tells."""

    name: str
    command: Command
    requirements: Sequence[str]


def _gunicorn(application: str) -> Command:
    # Threads favour them: workers of the default kind close the connection after each answer, and answered a
    # fraction of it. The control socket is for watching gunicorn; both would want the same file at home.
    options = ["--workers", str(WORKERS), "--threads", str(THREADS), "--no-control-socket"]
    return lambda port: [
        THEIR_SCRIPTS / "gunicorn",
        *options,
        "--bind",
        f"127.0.0.1:{port}",
        application,
    ]


def _uvicorn(application: str) -> Command:
    # By default it writes a line for each request; nobody else here does.
    options = ["--workers", str(WORKERS), "--no-access-log"]
    return lambda port: [
        THEIR_SCRIPTS / "uvicorn",
        *options,
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        application,
    ]


# The one place where the server of ours is chosen.
def _pserve(app: str) -> Command:
    ini = ROOT / "benchmarks" / "opponents" / "ours.ini"
    command: list[str | Path] = [OUR_SCRIPTS / "pserve", "--app-name", app, ini]
    return lambda port: [*command, f"port={port}", f"processes={WORKERS}"]


_OUR_REQUIREMENTS = ("pyramid", "pyramid_tm", "pyramid_retry", "zope.sqlalchemy", "waitress", "gunicorn")

# It inserts by a statement, as its own page has it (docs/session.md).
OURS = Contender("myapp.db", _pserve("main"), _OUR_REQUIREMENTS)
# The same with SQLAlchemy's unit of work, as Flask-SQLAlchemy and FastAPI have it: told beside.
OURS_WITH_ORM = Contender("myapp.db, inserting by the ORM", _pserve("orm"), _OUR_REQUIREMENTS)

OPPONENTS = (
    Contender(
        "Flask-SQLAlchemy",
        _gunicorn("benchmarks.opponents.with_flask:create_app()"),
        ("Flask", "Flask-SQLAlchemy", "gunicorn"),
    ),
    Contender(
        "FastAPI + SQLAlchemy",
        _uvicorn("benchmarks.opponents.with_fastapi:app"),
        ("fastapi", "uvicorn"),
    ),
    Contender(
        "Django ATOMIC_REQUESTS",
        _gunicorn("benchmarks.opponents.with_django.wsgi:application"),
        ("Django", "gunicorn"),
    ),
)

# These two are pinned to the same versions in both environments.
SHARED = ("SQLAlchemy", "psycopg")


def requirements() -> Sequence[str]:
    """Return all distributions that take part."""
    return tuple(
        dict.fromkeys([*SHARED, *(name for each in (OURS, *OPPONENTS) for name in each.requirements)])
    )
