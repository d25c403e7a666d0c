"""One strategy served on one fresh database: what every measurement works with."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from pyramid.request import Request

from benchmarks.strategies.app import make_app
from benchmarks.strategies.databases import Databases
from benchmarks.strategies.sessions import Strategy
from benchmarks.strategies.witness import Witness
from benchmarks.strategies.workers import Workers


@dataclass(frozen=True)
class Answer:
    """What a client learns, and the exception that a server would turn into a 500."""

    status: int
    body: Any = None
    error: Exception | None = None

    @property
    def ok(self) -> bool:
        """Say whether the client was told that all went well."""
        return self.status == 200


class Site:
    """An application, the threads that serve it, and a witness who sees only what was committed."""

    def __init__(self, strategy: Strategy, workers: Workers, witness: Witness) -> None:
        self.strategy = strategy
        self.workers = workers
        self.witness = witness
        self._app = make_app(strategy)

    def get(self, path: str) -> Answer:
        """Serve one GET on one of the workers."""
        return self.workers.one(lambda: self.serve("GET", path))

    def post(self, path: str) -> Answer:
        """Serve one POST on one of the workers."""
        return self.workers.one(lambda: self.serve("POST", path))

    def serve(self, method: str, path: str) -> Answer:
        """Serve a request on the present thread, without a socket: WSGI is where a server would call."""
        try:
            response = Request.blank(path, method=method).get_response(self._app)
        except Exception as error:
            return Answer(500, error=error)
        return Answer(response.status_int, json.loads(response.body) if response.status_int == 200 else None)


@contextmanager
def served(
    strategy: type[Strategy], databases: Databases, workers: int = 1, **options: Any
) -> Iterator[Site]:
    """Serve a strategy on a database that nobody has used yet."""
    with databases.fresh() as url, Witness(url) as witness:
        used = strategy(url, **options)
        try:
            with Workers(workers) as threads:
                yield Site(used, threads, witness)
        finally:
            # A session that threads have left in disorder may refuse even this.
            with suppress(Exception):
                used.close()
