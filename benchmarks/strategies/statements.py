"""What SQL one request really sends: read from SQLite's trace and from PostgreSQL's own log.

SQLAlchemy's events would not do: the drivers begin transactions by themselves, behind those events.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import event

from benchmarks.strategies.databases import Databases
from benchmarks.strategies.scale import Scale
from benchmarks.strategies.sessions import Strategy
from benchmarks.strategies.site import Site, served

# PostgreSQL logs a simple query as a statement, and a prepared one when it is executed.
_LOGGED = re.compile(r"LOG:  (?:statement|execute [^:]*): (\w+|;)")
# The pool's pre-ping is an empty statement, and costs a round trip like any other.
_PING = {";": "PING"}


@dataclass(frozen=True)
class Statements:
    """The first word of each statement that a request sent, in order, and how the request ended."""

    read: list[str]
    write_expiring: list[str]
    write_keeping: list[str]
    expiring_error: str | None
    keeping_error: str | None


def measure(strategy: type[Strategy], databases: Databases, scale: Scale) -> Statements:
    """Record a GET, and a POST that answers with the changed row, with expire_on_commit on and off."""
    read, write_expiring, expiring_error = _record(strategy, databases, expire_on_commit=True)
    _, write_keeping, keeping_error = _record(strategy, databases, expire_on_commit=False)
    return Statements(read, write_expiring, write_keeping, expiring_error, keeping_error)


def _record(
    strategy: type[Strategy], databases: Databases, *, expire_on_commit: bool
) -> tuple[list[str], list[str], str | None]:
    with served(strategy, databases, expire_on_commit=expire_on_commit) as site:
        taken = _recorder(site, databases.server_log)
        # The first requests connect and look around; the second of each kind is the usual case.
        site.get("/read")
        site.post("/rename?balance=1")
        site.get("/read")
        taken()
        site.get("/read")
        read = taken()
        answer = site.post("/rename?balance=2")
        return read, taken(), _name(answer.error)


def _name(error: Exception | None) -> str | None:
    return None if error is None else type(error).__name__


def _recorder(site: Site, server_log: Path | None) -> Callable[[], list[str]]:
    return _trace_sqlite(site) if server_log is None else _follow_server_log(site, server_log)


def _trace_sqlite(site: Site) -> Callable[[], list[str]]:
    seen: list[str] = []
    event.listen(
        site.strategy.engine, "connect", lambda connection, _: connection.set_trace_callback(seen.append)
    )

    def taken() -> list[str]:
        words = [statement.split()[0].upper() for statement in seen]
        seen.clear()
        return words

    return taken


def _follow_server_log(site: Site, server_log: Path) -> Callable[[], list[str]]:
    database = site.witness.scalar("SELECT current_database()")
    site.witness.execute(f"ALTER DATABASE {database} SET log_statement = 'all'")
    read_bytes = server_log.stat().st_size

    def taken() -> list[str]:
        nonlocal read_bytes
        # The server writes a statement down before it runs it, so before the request was answered.
        news = server_log.read_bytes()[read_bytes:]
        read_bytes += len(news)
        return [_PING.get(word, word).upper() for word in _LOGGED.findall(news.decode(errors="replace"))]

    return taken
