"""Connections that an idle application still holds, and how many of them are inside a transaction."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from threading import Lock
from typing import Any

from sqlalchemy import Engine, QueuePool, event

from benchmarks.strategies.databases import Databases
from benchmarks.strategies.scale import Scale
from benchmarks.strategies.sessions import Strategy
from benchmarks.strategies.site import Site, served


@dataclass(frozen=True)
class Connections:
    """With every request answered and every thread alive: checked out, and in a transaction."""

    threads: int
    checked_out: int
    in_transaction: int


def measure(strategy: type[Strategy], databases: Databases, scale: Scale) -> Connections:
    """Let every thread serve a few requests of which the last only reads, then look."""
    with served(strategy, databases, scale.threads) as site:
        opened = _opened(site.strategy.engine)
        one_at_a_time = Lock()
        site.workers.each(lambda number: _serve(site, number, one_at_a_time))
        pool = site.strategy.engine.pool
        assert isinstance(pool, QueuePool)
        return Connections(scale.threads, pool.checkedout(), _in_transaction(site, opened))


def _serve(site: Site, number: int, one_at_a_time: Lock) -> None:
    # What is kept is the question here, and what threads do to one another is another measurement's.
    with one_at_a_time:
        site.serve("GET", "/read")
        site.serve("POST", f"/note?body=from-{number}")
        site.serve("GET", "/read")


def _opened(engine: Engine) -> list[Any]:
    connections: list[Any] = []
    event.listen(engine, "connect", lambda connection, _: connections.append(connection))
    return connections


def _in_transaction(site: Site, opened: list[Any]) -> int:
    if site.witness.dialect == "sqlite":
        return sum(map(_is_in_transaction, opened))
    return site.witness.idle_in_transaction()


def _is_in_transaction(connection: sqlite3.Connection) -> bool:
    try:
        return connection.in_transaction
    except sqlite3.ProgrammingError:
        # The pool keeps five connections and closes what comes back beyond them.
        return False
