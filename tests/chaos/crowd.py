"""Sixteen clients that send at the same moment, half of them to each of two server processes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from threading import Barrier
from typing import Any
from urllib.parse import quote

from tests.chaos.calling import Answer, Caller
from tests.databases import Database
from tests.serving import served

CLIENTS = 16
# `make chaos-long` races so many times as often.
TIMES = int(os.environ.get("RACES_TIMES", "1"))
OPENING = "equity:opening"


@dataclass(frozen=True)
class Crowd:
    """The clients, each with a connection of its own, and the ledger of one test."""

    callers: tuple[Caller, ...]
    threads: ThreadPoolExecutor
    books: str

    @property
    def transactions(self) -> str:
        return f"{self.books}/transactions"

    @property
    def batches(self) -> str:
        return f"{self.books}/transactions/batch"

    @property
    def holds(self) -> str:
        return f"{self.books}/holds"

    def together(self, work: Callable[[int, Caller], Any]) -> list[Any]:
        """Let every client begin its work at once; return what each of them made of it."""
        start = Barrier(CLIENTS)

        def one(number: int) -> Any:
            start.wait()
            return work(number, self.callers[number])

        return list(self.threads.map(one, range(CLIENTS)))

    def at_once(
        self, path: str | Callable[[int], str], body_of: Callable[[int], Any], key: str | None = None
    ) -> list[Answer]:
        """Let every client post once, together; `path` may differ from client to client."""
        return self.together(
            lambda number, caller: caller.post(
                path if isinstance(path, str) else path(number), body_of(number), key
            )
        )

    def post(self, path: str, body: Any) -> dict[str, Any]:
        answer = self.callers[0].post(path, body)
        assert answer.status in (200, 201), answer
        return answer.document

    def get(self, path: str) -> dict[str, Any]:
        answer = self.callers[0].get(path)
        assert answer.status == 200, answer
        return answer.document

    def fund(self, account: str, amount: str) -> dict[str, Any]:
        """Open an account that cannot go below zero, and give it money; return the transaction."""
        self.post(f"{self.books}/accounts", {"path": account, "limits": {"USD": {"min": "0"}}})
        return self.post(self.transactions, transfer(amount, OPENING, account))

    def place(self, amount: str, source: str, target: str, **more: Any) -> str:
        """Place a hold and return where it is."""
        return f"{self.holds}/{self.post(self.holds, {**transfer(amount, source, target), **more})['id']}"

    def standing(self, account: str) -> tuple[Decimal, Decimal]:
        """Return the balance of an account, and what of it is available."""
        found = self.get(f"{self.books}/accounts/{quote(account, safe='')}")["balances"]["USD"]
        return Decimal(found["balance"]), Decimal(found["available"])

    def balances(self) -> dict[str, str]:
        """Return what every account holds."""
        listed = self.get(f"{self.books}/balances?limit=500")
        assert listed["next"] is None
        return {each["account"]: each["balances"]["USD"] for each in listed["data"]}

    def assert_in_order(self) -> None:
        """Let the service recompute the books, and add the balances up."""
        verified = self.get(f"{self.books}/verify")
        assert verified["ok"], verified
        assert self.get(f"{self.books}/balances?limit=500")["totals"].get("USD", "0.00") == "0.00"


@dataclass
class Meeting:
    """Two servers on one database, and the clients' connections to them; each test gets its own ledger."""

    callers: tuple[Caller, ...]
    threads: ThreadPoolExecutor
    database: Database
    ledgers: int = 0

    def crowd(self) -> Crowd:
        """Return the clients with a new ledger."""
        self.ledgers += 1
        crowd = Crowd(self.callers, self.threads, f"/v1/ledgers/races-{self.ledgers}")
        crowd.post("/v1/ledgers", {"name": f"races-{self.ledgers}", "assets": [{"code": "USD", "scale": 2}]})
        return crowd


@contextmanager
def met(database: Database, folder: Path) -> Iterator[Meeting]:
    """Start the servers and connect the clients."""
    with ExitStack() as stack:
        ports = []
        for name in ("one", "other"):
            (folder / name).mkdir()
            server = stack.enter_context(served("development.ini", database.url, folder / name))
            ports.append(server.port)
        callers = [stack.enter_context(closing(Caller(ports[each % 2], ""))) for each in range(CLIENTS)]
        yield Meeting(tuple(callers), stack.enter_context(ThreadPoolExecutor(CLIENTS)), database)


def transfer(amount: str, source: str, target: str) -> dict[str, Any]:
    """Return a transaction that moves an amount from one account to another."""
    return {
        "postings": [
            {"account": target, "asset": "USD", "amount": amount},
            {"account": source, "asset": "USD", "amount": f"-{amount}"},
        ]
    }


def batch(items: Sequence[dict[str, Any]], mode: str = "atomic") -> dict[str, Any]:
    """Return a batch of these transactions."""
    return {"mode": mode, "transactions": list(items)}


def always(body: Any) -> Callable[[int], Any]:
    """Let every client send the same."""
    return lambda number: body
