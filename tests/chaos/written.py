"""Books as the ledger would have written them, for tests that then break them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tests.chaos.batching import Batch
from tests.chaos.books import BalanceRow, Books, HoldRow, PostedLeg, Remembered
from tests.chaos.holding import Capture, Hold, Void
from tests.chaos.records import EQUITY, Leg, Order, Request, Verdict


def moved(giver: str, taker: str, amount_minor: int) -> tuple[Leg, ...]:
    """Return the legs of a transfer in USD."""
    return Leg(taker, "USD", amount_minor), Leg(giver, "USD", -amount_minor)


def acknowledged(request: Request, **more: Any) -> Any:
    """Return the request as its client knows it after a success."""
    answer = {"id": f"id of {request.key}", **more}
    return replace(request, verdict=Verdict.KEPT, attempts=1, answer=answer)


def transferred(key: str, giver: str, taker: str, amount_minor: int) -> Order:
    """Return an acknowledged transfer."""
    order: Order = acknowledged(Order(key, moved(giver, taker, amount_minor)))
    return order


def books_of(requests: Sequence[Request]) -> Books:
    """Return the books after everything that was acknowledged."""
    books = Books()
    for request in requests:
        if request.verdict is Verdict.KEPT:
            keep(books, request)
    return books


def keep(books: Books, request: Request) -> None:
    """Write a request into the books."""
    if isinstance(request, Order):
        keep_order(books, request)
        return
    books.answers[request.key] = Remembered(request.accepted, request.answer or {})
    if isinstance(request, Batch):
        for item in request.orders():
            keep_order(books, item)
    elif isinstance(request, Hold):
        _hold(books, request)
    elif isinstance(request, Void):
        _let_go(books, str(request.hold.answered_id), "voided")
    elif isinstance(request, Capture):
        _capture(books, request)


def keep_order(books: Books, order: Order, txn_id: str | None = None) -> None:
    """Write one transaction, and what its key leads to."""
    txn_id = txn_id or f"id of {order.key}"
    if order.is_keyed:
        books.keys.setdefault(order.key, txn_id)
    _post(books, txn_id, order.key, order.legs)


def _post(books: Books, txn_id: str, description: str, legs: Sequence[Leg]) -> None:
    books.descriptions[txn_id] = description
    books.postings[txn_id] = [_posted(books, leg) for leg in legs]


def _posted(books: Books, leg: Leg) -> PostedLeg:
    place = (leg.account, leg.asset)
    before = _balance(books, leg)
    after = replace(
        before,
        debits=before.debits + max(0, leg.amount_minor),
        credits=before.credits + max(0, -leg.amount_minor),
        version=before.version + 1,
    )
    books.balances[place] = after
    books.days[place] = (after.debits, after.credits)
    return PostedLeg(leg, after.version, after.net)


def _balance(books: Books, leg: Leg) -> BalanceRow:
    unlimited = None if leg.account == EQUITY else 0
    return books.balances.get((leg.account, leg.asset), BalanceRow(0, 0, 0, unlimited))


def _pend(books: Books, leg: Leg, amount_minor: int) -> None:
    before = _balance(books, leg)
    books.balances[leg.account, leg.asset] = replace(
        before,
        pending_debits=before.pending_debits + (amount_minor if leg.amount_minor > 0 else 0),
        pending_credits=before.pending_credits - (amount_minor if leg.amount_minor < 0 else 0),
    )


def _hold(books: Books, hold: Hold) -> None:
    amounts = tuple(leg.amount_minor for leg in hold.legs)
    books.holds[str(hold.answered_id)] = HoldRow(hold.key, "open", hold.legs, amounts)
    for leg in hold.legs:
        _pend(books, leg, leg.amount_minor)


def _let_go(books: Books, hold_id: str, status: str) -> None:
    row = books.holds[hold_id]
    for leg, remaining in zip(row.legs, row.remaining, strict=True):
        _pend(books, leg, -remaining)
    books.holds[hold_id] = replace(row, status=status, remaining=tuple(0 for _ in row.legs))


def _capture(books: Books, capture: Capture) -> None:
    hold_id = str(capture.hold.answered_id)
    row = books.holds[hold_id]
    legs = capture.legs or row.legs
    _post(books, str(capture.answered_id), row.description, legs)
    books.holds[hold_id] = replace(row, captures=(*row.captures, str(capture.answered_id)))
    if capture.is_final:
        _let_go(books, hold_id, "captured")
        return
    # A part of a hold of two legs, in their order.
    for leg in legs:
        _pend(books, leg, -leg.amount_minor)
    left = tuple(there - leg.amount_minor for there, leg in zip(row.remaining, legs, strict=True))
    books.holds[hold_id] = replace(books.holds[hold_id], remaining=left)
