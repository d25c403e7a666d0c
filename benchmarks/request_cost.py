"""What one request costs in CPU time: `myapp.db` against the stock recipe, on the same view and tables.

Both applications live in one process and are called as a WSGI server would call them, in turns of random
order. The clock is the process's CPU time, so neither waiting nor the database server's work counts. The
garbage collector is on, as in production. Between turns, outside the clock, it is made to finish, so that
nobody pays for what another left behind; that favours whoever leaves more behind, which is the stock recipe.
"""

from __future__ import annotations

import gc
import itertools
import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from functools import partial
from random import Random
from statistics import median, quantiles

from benchmarks import report
from benchmarks.effort import SEED, Effort
from benchmarks.figures import Figure, Row
from benchmarks.opponents import ours, stock
from benchmarks.opponents.work import Served
from benchmarks.strategies.databases import Databases
from benchmarks.wsgi import Environ, answer, environ_of

Serve = Callable[[str], Served]


def reads() -> Iterator[Environ]:
    """Ask for one account after another."""
    for number in itertools.cycle(range(1, 9)):
        yield environ_of("GET", f"/accounts/{number}")


def writes() -> Iterator[Environ]:
    """Add one note after another."""
    for number in itertools.count():
        yield environ_of("POST", "/notes", json.dumps({"body": f"note {number}"}).encode())


class Client:
    """Sends the requests of one kind to one application; an answer that is no success ends the run."""

    def __init__(self, served: Served, environs: Iterator[Environ]) -> None:
        self._app = served.app
        self._environs = environs

    def send(self) -> tuple[str, bytes]:
        """Send the next request; return the status and the body."""
        return answer(self._app, next(self._environs))

    def spend_us(self, requests: int) -> float:
        """Send requests, and return the CPU time of one of them, in microseconds."""
        environs = list(itertools.islice(self._environs, requests))
        gc.collect()
        began_s = time.process_time()
        for environ in environs:
            answer(self._app, environ)
        return (time.process_time() - began_s) / requests * 1e6


def compare(
    databases: Databases,
    effort: Effort,
    *,
    requests: Callable[[], Iterator[Environ]],
    ours: Serve = ours.serve,
    opponent: Serve = stock.serve,
) -> Figure:
    """Return how many times the opponent's CPU time we need for the same request."""
    with ExitStack() as stack:
        clients = {}
        for name, serve in (("ours", ours), ("opponent", opponent)):
            served = stack.enter_context(closing(serve(stack.enter_context(databases.fresh()))))
            clients[name] = Client(served, requests())
        return _figure(_take_turns(clients, effort))


def _take_turns(clients: dict[str, Client], effort: Effort) -> dict[str, list[float]]:
    for client in clients.values():
        client.spend_us(effort.warm_up_requests)
    random = Random(SEED)
    spent_us: dict[str, list[float]] = {name: [] for name in clients}
    for _ in range(effort.rounds):
        for name in random.sample(sorted(clients), len(clients)):
            spent_us[name].append(clients[name].spend_us(effort.requests))
    return spent_us


def _figure(spent_us: dict[str, list[float]]) -> Figure:
    # The turns of one round are neighbours in time, so a busy minute of the machine slows both alike: hence
    # the median of their ratios, and not the ratio of two medians.
    ratios = [ours / opponent for ours, opponent in zip(spent_us["ours"], spent_us["opponent"], strict=True)]
    low, middle, high = quantiles(ratios, n=4)
    return Figure(middle, low, high, {f"{name}_us": median(values) for name, values in spent_us.items()})


_STOCK = "the stock recipe"
_STOCK_WITH_PING = "the stock recipe with pool_pre_ping"

# Only the first is a promise. The others tell where its cost comes from, and what a write costs.
ROWS = (
    Row(
        name="one read request, CPU",
        opponent=_STOCK,
        results="request_cost",
        requirements=stock.REQUIREMENTS,
        measure=partial(compare, requests=reads),
        reach=1.25,
        aim=1.0,
    ),
    Row(
        name="one read request, CPU",
        opponent=_STOCK_WITH_PING,
        results="request_cost",
        requirements=stock.REQUIREMENTS,
        measure=partial(compare, requests=reads, opponent=partial(stock.serve, pool_pre_ping="true")),
        products=("postgresql",),
    ),
    Row(
        name="one write request, CPU",
        opponent=_STOCK,
        results="request_cost",
        requirements=stock.REQUIREMENTS,
        measure=partial(compare, requests=writes),
    ),
)

if __name__ == "__main__":
    report.publish(ROWS)
