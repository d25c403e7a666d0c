"""The scene of a run: a durable database, an API key, two servers on it, and accounts with money."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.calling import Caller
from tests.chaos.records import BOOKS, EQUITY, LEDGER, SCALES, TRANSACTIONS, Order, Verdict
from tests.chaos.servers import AppServer, command
from tests.chaos.transfers import ACCOUNTS, funding
from tests.databases import Database, sqlite_database
from tests.postgres import PostgresServer

SERVERS = 2


@dataclass(frozen=True)
class Stage:
    """What a run plays on; `postgres` is None on SQLite, which has no server to kill."""

    database: Database
    postgres: PostgresServer | None
    servers: tuple[AppServer, ...]
    secret: str
    funded: tuple[Order, ...]

    def callers(self) -> list[Caller]:
        """Return a connection to each server."""
        return [Caller(server.port, self.secret) for server in self.servers]


@contextmanager
def staged(dialect: str, logs: Path) -> Iterator[Stage]:
    """Set the scene; at the end every process is gone, and the servers' logs remain in `logs`."""
    with ExitStack() as stack:
        database, postgres = _database(dialect, stack)
        command(database, "migrate")
        scopes = [word for scope in ("read", "write", "admin") for word in ("--scope", scope)]
        secret = command(database, "key", "create", "--name", "chaos", *scopes)
        servers = tuple(AppServer(database, logs / f"{dialect}-{number}.log") for number in range(SERVERS))
        for server in servers:
            stack.callback(server.stop)
            server.start()
        with closing(Caller(servers[0].port, secret)) as caller:
            funded = open_bank(caller, ACCOUNTS)
        yield Stage(database, postgres, servers, secret, funded)


def _database(dialect: str, stack: ExitStack) -> tuple[Database, PostgresServer | None]:
    folder = Path(tempfile.mkdtemp(prefix="myapp-chaos-"))
    if dialect == "sqlite":
        stack.callback(shutil.rmtree, folder)
        return sqlite_database(folder / "bank.sqlite"), None
    postgres = PostgresServer.start(folder, durable=True)
    stack.callback(postgres.stop)
    postgres.create_database("bank")
    return Database("postgresql", postgres.url("bank")), postgres


def open_bank(caller: Caller, accounts: Iterable[str]) -> tuple[Order, ...]:
    """Make the ledger with accounts that cannot go below zero; return the orders that funded them."""
    assets = [{"code": code, "scale": scale} for code, scale in SCALES.items()]
    _make(caller, "/v1/ledgers", {"name": LEDGER, "assets": assets})
    _make(caller, f"{BOOKS}/accounts", {"path": EQUITY})
    orders = []
    for path in accounts:
        _make(
            caller, f"{BOOKS}/accounts", {"path": path, "limits": {asset: {"min": "0"} for asset in SCALES}}
        )
        order = funding(path)
        answer = caller.post(TRANSACTIONS, order.body(), order.key)
        assert answer.status == 201, answer
        order.verdict, order.answer = Verdict.KEPT, answer.document
        orders.append(order)
    return tuple(orders)


def _make(caller: Caller, path: str, body: object) -> None:
    answer = caller.post(path, body)
    assert answer.status == 201, answer
