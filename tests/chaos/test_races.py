"""Many clients at once, at two server processes: one transaction a key, exact limits, no deadlock seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from tests.chaos.calling import Answer, Caller
from tests.databases import Database
from tests.serving import Server, served

CLIENTS = 16
KEYS = 50
ROUNDS = 20
LEDGER = "/v1/ledgers/races"
TRANSACTIONS = f"{LEDGER}/transactions"


@dataclass(frozen=True)
class Crowd:
    """Clients that send at the same moment, each over its own connection, half of them to each server."""

    callers: tuple[Caller, ...]
    threads: ThreadPoolExecutor

    def at_once(self, path: str, body_of: Callable[[int], Any], key: str | None = None) -> list[Answer]:
        """Let every client post once, together."""
        start = Barrier(CLIENTS)

        def one(number: int) -> Answer:
            start.wait()
            return self.callers[number].post(path, body_of(number), key)

        return list(self.threads.map(one, range(CLIENTS)))

    def post(self, path: str, body: Any) -> None:
        assert self.callers[0].post(path, body).status == 201

    def get(self, path: str) -> dict[str, Any]:
        answer = self.callers[0].get(path)
        assert answer.status == 200, answer
        return answer.document


@pytest.fixture
def crowd(database: Database, tmp_path: Path) -> Iterator[Crowd]:
    with ExitStack() as stack:
        ports = [stack.enter_context(server_in(tmp_path / name, database)).port for name in ("one", "other")]
        callers = [Caller(ports[number % 2], "") for number in range(CLIENTS)]
        for caller in callers:
            stack.callback(caller.close)
        crowd = Crowd(tuple(callers), stack.enter_context(ThreadPoolExecutor(CLIENTS)))
        crowd.post("/v1/ledgers", {"name": "races", "assets": [{"code": "USD", "scale": 2}]})
        yield crowd


def server_in(folder: Path, database: Database) -> AbstractContextManager[Server]:
    folder.mkdir()
    return served("development.ini", database.url, folder)


def transfer(amount: str, source: str, target: str) -> dict[str, Any]:
    return {
        "postings": [
            {"account": target, "asset": "USD", "amount": amount},
            {"account": source, "asset": "USD", "amount": f"-{amount}"},
        ]
    }


def always(body: Any) -> Callable[[int], Any]:
    return lambda number: body


def test_a_key_delivered_sixteen_times_at_once_makes_one_transaction(crowd: Crowd) -> None:
    for number in range(KEYS):
        body = transfer("1.00", "equity:opening", f"assets:{number}")
        answers = crowd.at_once(TRANSACTIONS, always(body), f"key-{number}")
        assert {answer.status for answer in answers} == {201}
        assert len({answer.document["id"] for answer in answers}) == 1
        assert Counter(answer.replayed for answer in answers) == {False: 1, True: CLIENTS - 1}
    balances = crowd.get(f"{LEDGER}/balances?limit=500")
    assert balances["totals"] == {"USD": "0.00"}
    opening = next(each for each in balances["data"] if each["account"] == "equity:opening")
    assert opening["balances"] == {"USD": f"-{KEYS}.00"}


def test_a_race_for_the_last_money_is_won_by_exactly_as_many_as_there_is_money_for(crowd: Crowd) -> None:
    for number in range(ROUNDS):
        purse = f"assets:purse{number}"
        crowd.post(f"{LEDGER}/accounts", {"path": purse, "limits": {"USD": {"min": "0"}}})
        crowd.post(TRANSACTIONS, transfer("55.00", "equity:opening", purse))
        answers = crowd.at_once(TRANSACTIONS, always(transfer("10.00", purse, "expenses:fun")))
        assert Counter(answer.status for answer in answers) == {201: 5, 422: CLIENTS - 5}
        assert {answer.code for answer in answers if answer.status == 422} == {"insufficient_funds"}
        assert crowd.get(f"{LEDGER}/accounts/{purse}")["balances"]["USD"]["balance"] == "5.00"


def test_rings_of_transfers_in_both_directions_show_no_client_a_deadlock(crowd: Crowd) -> None:
    ring = [f"assets:ring{number}" for number in range(6)]

    def round_the_ring(number: int) -> dict[str, Any]:
        # Every other client goes the other way round, so each meets the others' locks in the wrong order.
        path = ring if number % 2 else ring[::-1]
        pairs = [transfer("1.00", *pair)["postings"] for pair in pairwise([*path, path[0]])]
        return {"postings": [leg for pair in pairs for leg in pair]}

    answers = [answer for _ in range(ROUNDS) for answer in crowd.at_once(TRANSACTIONS, round_the_ring)]
    statuses = Counter(answer.status for answer in answers)
    assert statuses == {201: ROUNDS * CLIENTS}
    balances = crowd.get(f"{LEDGER}/balances?limit=500")
    assert balances["totals"] == {"USD": "0.00"}
    assert {each["balances"]["USD"] for each in balances["data"]} == {"0.00"}
