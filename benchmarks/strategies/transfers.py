"""Threads: transfers at random between eight accounts, of which a third fails midway."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from benchmarks.strategies.app import Midway
from benchmarks.strategies.databases import Databases
from benchmarks.strategies.errors import Errors, errors_of
from benchmarks.strategies.model import ACCOUNTS, OPENING_BALANCE
from benchmarks.strategies.scale import SEED, Scale
from benchmarks.strategies.sessions import Strategy
from benchmarks.strategies.site import served


@dataclass(frozen=True)
class Transfers:
    """`missing` units of money, and the errors beyond those that the requests asked for."""

    sent: int
    meant_to_fail: int
    answered: int
    missing: int
    errors: list[Errors]


def measure(strategy: type[Strategy], databases: Databases, scale: Scale) -> Transfers:
    """Transfer from all threads at once, and compare the committed total with the opening one."""
    plans = [_plan(number, scale.requests_per_thread) for number in range(scale.threads)]
    with served(strategy, databases, scale.threads) as site:
        answers = site.workers.rounds(
            scale.requests_per_thread, lambda thread, number: site.serve("POST", plans[thread][number])
        )
        failing = sum(path.endswith("fail") for plan in plans for path in plan)
        missing = ACCOUNTS * OPENING_BALANCE - site.witness.total()
        answered = sum(answer.ok for answer in answers)
        return Transfers(len(answers), failing, answered, missing, errors_of(answers, Midway))


def _plan(thread: int, requests: int) -> list[str]:
    random = Random(f"{SEED}-{thread}")
    return [_path(random) for _ in range(requests)]


def _path(random: Random) -> str:
    # Rows are locked in the order of their numbers: deadlocks would only blur the picture.
    source, target = sorted(random.sample(range(1, ACCOUNTS + 1), 2))
    return f"/transfer?source={source}&target={target}" + ("&fail" if random.random() < 1 / 3 else "")
