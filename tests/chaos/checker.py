"""Compare what the clients were told with what the tables hold; each breach is one sentence."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from tests.chaos.batching import Batch
from tests.chaos.books import Books, Place, PostedLeg
from tests.chaos.holding_checker import hold_breaches
from tests.chaos.records import Order, Request, Verdict
from tests.chaos.verdicts import against_its_verdict, remembered_breaches


def breaches(requests: Sequence[Request], books: Books) -> list[str]:
    """Return everything that contradicts the clients' records, or itself; an empty list is good."""
    batches = [request for request in requests if isinstance(request, Batch)]
    orders = [request for request in requests if isinstance(request, Order)]
    orders += [item for each in batches for item in each.orders()]
    return [
        *_each_order(orders, books),
        *_halves(batches, books),
        *_strangers(orders, books),
        *_keys(orders, books),
        *remembered_breaches(requests, books),
        *hold_breaches(requests, books),
        *_unbalanced_transactions(books),
        *_balances(books),
        *_totals(books),
    ]


def _each_order(orders: Sequence[Order], books: Books) -> Iterator[str]:
    by_key: dict[str, list[str]] = defaultdict(list)
    for txn_id, key in books.descriptions.items():
        by_key[key].append(txn_id)
    for order in orders:
        found = by_key[order.key]
        if len(found) > 1:
            yield f"doubled: {order.key} is in the ledger {len(found)} times"
        yield from against_its_verdict(order, found)
        for txn_id in found:
            if books.legs(txn_id) != order.legs:
                yield f"changed: {order.key} has other postings than were sent"


def _halves(batches: Sequence[Batch], books: Books) -> Iterator[str]:
    kept = set(books.descriptions.values())
    for batch in batches:
        count = sum(item.key in kept for item in batch.items)
        if 0 < count < len(batch.items):
            yield f"half: of {batch.key} are {count} of {len(batch.items)} transactions in the ledger"


def _strangers(orders: Sequence[Order], books: Books) -> Iterator[str]:
    known = {order.key for order in orders}
    # Whether somebody asked for a capture is asked with its hold.
    captures = {txn_id for hold in books.holds.values() for txn_id in hold.captures}
    for txn_id, key in books.descriptions.items():
        if key not in known and txn_id not in captures:
            yield f"unknown: nobody asked for transaction {txn_id}"
    for txn_id in books.postings.keys() - books.descriptions.keys():
        yield f"orphaned: postings without their transaction {txn_id}"


def _keys(orders: Sequence[Order], books: Books) -> Iterator[str]:
    for order in orders:
        if (
            order.is_keyed
            and order.verdict is Verdict.KEPT
            and books.keys.get(order.key) != order.answered_id
        ):
            yield f"forgotten: the key {order.key} does not lead to {order.answered_id}"
    for key, txn_id in books.keys.items():
        if books.descriptions.get(txn_id) != key:
            yield f"dangling: the key {key} leads to {txn_id}, which is not its transaction"


def _unbalanced_transactions(books: Books) -> Iterator[str]:
    for txn_id in books.descriptions:
        sums: Counter[str] = Counter()
        for leg in books.legs(txn_id):
            sums[leg.asset] += leg.amount_minor
        for asset, total in sums.items():
            if total:
                yield f"unbalanced: transaction {txn_id} adds up to {total} {asset}"


def _balances(books: Books) -> Iterator[str]:
    histories: dict[Place, list[PostedLeg]] = defaultdict(list)
    for posted in (each for postings in books.postings.values() for each in postings):
        histories[posted.leg.account, posted.leg.asset].append(posted)
    for place in histories.keys() | books.balances.keys():
        yield from _one_balance(place, sorted(histories[place], key=lambda each: each.version), books)


def _one_balance(place: Place, history: list[PostedLeg], books: Books) -> Iterator[str]:
    running = lowest_seen = 0
    for number, posted in enumerate(history, start=1):
        running += posted.leg.amount_minor
        lowest_seen = min(lowest_seen, running)
        if (posted.version, posted.balance_minor) != (number, running):
            yield f"broken: posting {number} of {place} says {posted.version} and {posted.balance_minor}"
    row = books.balances.get(place)
    available = 0 if row is None else row.net - row.pending_credits
    if row is None or (row.net, row.version) != (running, len(history)):
        yield f"false: the balance of {place} is {row}, its postings add up to {running}"
    elif row.lowest is not None and min(lowest_seen, available) < row.lowest:
        yield f"negative: {place} went below {row.lowest}, to {min(lowest_seen, available)}"
    if row is not None and books.days.get(place, (0, 0)) != (row.debits, row.credits):
        yield f"false day: the days of {place} do not add up to its balance"


def _totals(books: Books) -> Iterator[str]:
    totals: Counter[str] = Counter()
    for (_, asset), row in books.balances.items():
        totals[asset] += row.net
    for asset, total in totals.items():
        if total:
            yield f"not conserved: all balances of {asset} add up to {total}"
