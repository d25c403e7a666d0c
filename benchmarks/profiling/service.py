"""The service as production.ini runs it, called as a WSGI server calls it: keys, limits, logs and metrics."""

from __future__ import annotations

import itertools
import json
import logging
import os
from collections.abc import Callable, Iterator
from configparser import RawConfigParser
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote

from pyramid.paster import setup_logging
from sqlalchemy import Engine

from benchmarks.effort import SEED
from benchmarks.wsgi import Environ, answer, environ_of
from myapp import main, schema
from myapp.db import SessionFactory, unit_of_work
from myapp.security import keys

INI = Path(__file__).parents[2] / "production.ini"
LEDGER = "/v1/ledgers/books"
ACCOUNTS = 200


@dataclass(frozen=True)
class Service:
    """The application on a database with a ledger, and the secret of a key that may write to it."""

    app: Callable[..., Any]
    engine: Engine
    secret: str

    def send(self, environ: Environ) -> bytes:
        """Send a request and return the body; an answer that is no success ends the run."""
        return answer(self.app, environ)[1]

    def gets(self) -> Iterator[Environ]:
        """Ask for one account after another."""
        chance = Random(SEED)
        while True:
            yield self._environ("GET", f"{LEDGER}/accounts/assets:{chance.randrange(ACCOUNTS)}")

    def posts(self) -> Iterator[Environ]:
        """Move money between two accounts, each time with another idempotency key."""
        chance = Random(SEED)
        for number in itertools.count():
            yield self.post(chance.sample(range(ACCOUNTS), 2), f"post-{number}")

    def post(self, accounts: list[int], key: str) -> Environ:
        """Return the request that moves money from one account to the next."""
        postings = [
            {"account": f"assets:{account}", "asset": "USD", "amount": amount}
            for account, amount in zip(accounts, ("12.50", "-12.50"), strict=True)
        ]
        body = {"postings": postings, "description": "A transfer"}
        return {**self._environ("POST", f"{LEDGER}/transactions", body), "HTTP_IDEMPOTENCY_KEY": key}

    def make(self, path: str, body: Any) -> None:
        """Make something that the requests need."""
        self.send(self._environ("POST", path, body))

    def _environ(self, method: str, path: str, body: Any = None) -> Environ:
        return environ_of(
            method,
            path,
            b"" if body is None else json.dumps(body).encode(),
            REQUEST_URI=quote(path),
            REMOTE_ADDR="127.0.0.1",
            HTTP_USER_AGENT="profile",
            HTTP_ACCEPT="*/*",
            HTTP_AUTHORIZATION=f"Bearer {self.secret}",
        )


@contextmanager
def served(url: str) -> Iterator[Service]:
    """Serve a ledger with its accounts on an empty database, with the settings and logs of production.ini."""
    schema.upgrade(url)
    app = main({}, **_settings(url))
    factory: SessionFactory = app.registry["dbsession_factory"]
    with unit_of_work(factory) as session:
        _, secret = keys.create(session, "bench", ["admin"], now=datetime.now(UTC))
    service = Service(app, factory.engine, secret)
    service.make("/v1/ledgers", {"name": "books", "assets": [{"code": "USD", "scale": 2}]})
    for number in range(ACCOUNTS):
        service.send(service.post([number, (number + 1) % ACCOUNTS], f"first-{number}"))
    try:
        yield service
    finally:
        factory.engine.dispose()


def _settings(url: str) -> dict[str, str]:
    ini = RawConfigParser()
    ini.read(INI)
    # It is counted as always, but nobody who is in a hurry is refused.
    without_limit = {"myapp.requests_per_second": "1000000", "sqlalchemy.url": url}
    return {**{name: value for name, value in ini.items("app:main") if name != "use"}, **without_limit}


@contextmanager
def logged_to_nowhere() -> Iterator[None]:
    """Write the logs that production.ini asks for, to a file that forgets them."""
    with Path(os.devnull).open("w") as nowhere:
        with redirect_stderr(nowhere):
            setup_logging(str(INI))
        yield
        logging.getLogger().handlers.clear()
