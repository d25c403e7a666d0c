"""When all is quiet: compare every record with the tables and the API, and repeat what was acknowledged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from tests.chaos.books import Books, read_books
from tests.chaos.calling import Caller
from tests.chaos.checker import breaches
from tests.chaos.records import Order, Record, Verdict
from tests.chaos.stage import BOOKS, TRANSACTIONS, Stage

REPLAYS = 200


@dataclass(frozen=True)
class Findings:
    """Every breach, and how many of the orders in doubt turned out to be kept, which is no breach."""

    breaches: list[str]
    doubtful_kept: int


def examine(stage: Stage, record: Record, random: Random) -> Findings:
    """Return what was wrong: seen by the clients, in tables, replays and the API's list, and by `verify`."""
    orders = [*stage.funded, *record.orders]
    books = read_books(stage.database)
    found = [*record.breaches, *breaches(orders, books)]
    callers = stage.callers()
    # Only now, because repeating the request of a lost transaction would bring it back.
    found += _replayed(orders, callers, random)
    if read_books(stage.database) != books:
        found.append("replayed: repeating acknowledged requests changed the books")
    found += _listed(callers[0], books, orders)
    found += _verified(callers[0])
    for caller in callers:
        caller.close()
    in_doubt = {order.key for order in orders if order.verdict is Verdict.IN_DOUBT}
    return Findings(found, len(in_doubt & set(books.descriptions.values())))


def _replayed(orders: Sequence[Order], callers: Sequence[Caller], random: Random) -> Iterator[str]:
    kept = [order for order in orders if order.verdict is Verdict.KEPT]
    for order in random.sample(kept, min(REPLAYS, len(kept))):
        answer = random.choice(callers).post(TRANSACTIONS, order.body(), order.key)
        if (answer.status, answer.replayed, answer.document) != (201, True, order.answer):
            yield f"replayed: {order.key} was answered {order.answer} and now {answer}"


def _listed(caller: Caller, books: Books, orders: Sequence[Order]) -> Iterator[str]:
    listed = {each["id"]: each for each in _pages(caller)}
    if listed.keys() != books.descriptions.keys():
        yield f"listed: {len(listed)} transactions, in the table are {len(books.descriptions)}"
    for order in orders:
        shown = listed.get(str(order.txn_id))
        if order.verdict is Verdict.KEPT and shown != order.answer:
            yield f"listed: {order.key} was answered {order.answer}, the list has {shown}"


def _verified(caller: Caller) -> Iterator[str]:
    # The checker recomputes the books by itself, on purpose; the service's own verdict must be the same.
    answer = caller.get(f"{BOOKS}/verify")
    if answer.status != 200 or not answer.document["ok"]:
        yield f"verified: the service was asked, and answered {answer}"


def _pages(caller: Caller) -> Iterator[dict[str, object]]:
    cursor = ""
    while True:
        page = caller.get(f"{TRANSACTIONS}?limit=500{cursor}").document
        yield from page["data"]
        if page["next"] is None:
            return
        cursor = f"&cursor={page['next']}"
