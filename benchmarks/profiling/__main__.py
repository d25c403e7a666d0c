"""Profile one POST and one GET on both databases, and print the tables that docs/performance.md shows.

`make profile` runs it; with `QUICK=1` fewer requests are looked at.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.profiling.sampling import Profile, profile
from benchmarks.profiling.service import Service, logged_to_nowhere, served
from benchmarks.profiling.traffic import Traffic, traffic
from benchmarks.wsgi import Environ
from tests.postgres import PostgresServer

DATABASE = "profile"


@dataclass(frozen=True)
class Found:
    """What one kind of request costs on one database."""

    name: str
    profile: Profile
    traffic: Traffic


def main(requests: int) -> None:
    """Profile so many requests of each kind."""
    found = [each for name, url in _databases() for each in look_at(name, url, requests)]
    print("\n".join(table(found)))


def look_at(database: str, url: str, requests: int) -> Iterator[Found]:
    """Yield what a POST and a GET cost on an empty database."""
    with served(url) as service, logged_to_nowhere():
        for kind, environs in (("POST", service.posts()), ("GET", service.gets())):
            spent = profile(service, environs, requests, warm_up=requests // 10)
            said = traffic(service.engine, partial(_send_next, service, environs))
            yield Found(f"{kind}, {database}", spent, said)


def _send_next(service: Service, environs: Iterator[Environ]) -> None:
    service.send(next(environs))


def table(found: Iterable[Found]) -> Iterator[str]:
    """Yield the lines of a table in Markdown: a column for each kind of request, a row for each room."""
    columns = list(found)
    yield _line("CPU, microseconds", *(each.name for each in columns))
    yield _line("---", *("---:" for _ in columns))
    first = columns[0].profile.rooms_us
    more = {room: None for each in columns for room in each.profile.rooms_us}
    for room in dict.fromkeys([*first, *more]):
        yield _line(room, *(f"{each.profile.rooms_us.get(room, 0):.0f}" for each in columns))
    yield _line("**all**", *(f"**{each.profile.whole_us:.0f}**" for each in columns))
    yield _line("statements", *(str(each.traffic.statements) for each in columns))
    yield _line("round trips", *(str(each.traffic.round_trips or "none") for each in columns))


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _databases() -> Iterator[tuple[str, str]]:
    with tempfile.TemporaryDirectory(prefix="profile-") as folder:
        yield "SQLite", f"sqlite:///{folder}/profile.sqlite"
    with _postgres() as server:
        server.create_database(DATABASE)
        yield "PostgreSQL", server.url(DATABASE)


@contextmanager
def _postgres() -> Iterator[PostgresServer]:
    server = PostgresServer.start(Path(tempfile.mkdtemp(prefix="profile-")), durable=True)
    try:
        yield server
    finally:
        server.stop()


if __name__ == "__main__":
    main(500 if os.environ.get("QUICK") == "1" else 5_000)
