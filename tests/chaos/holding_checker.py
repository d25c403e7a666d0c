"""Compare what the clients were told of holds with what became of them: each is ended once at most."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from tests.chaos.books import Books, HoldRow, Place
from tests.chaos.holding import Capture, Hold, Void
from tests.chaos.records import Request, Verdict
from tests.chaos.verdicts import against_its_verdict

# An account of a hold, an asset, and whether it is a debit: a side that amounts are taken from.
Side = tuple[str, str, bool]


def hold_breaches(requests: Sequence[Request], books: Books) -> Iterator[str]:
    """Yield everything about holds that contradicts the clients' records, or itself."""
    holds = {request.key: request for request in requests if isinstance(request, Hold)}
    yield from _each_hold(list(holds.values()), books)
    done = _done(requests, books)
    for hold_id, row in books.holds.items():
        if row.description not in holds:
            yield f"unknown: nobody asked for hold {hold_id}"
        yield from _ended_once(hold_id, row, done[hold_id])
        yield from _captured_by(hold_id, row, done[hold_id], books)
        yield from _amounts(hold_id, row, books)
    yield from _each_end(requests, books)
    yield from _pending(books)


def _each_hold(holds: Sequence[Hold], books: Books) -> Iterator[str]:
    by_key: dict[str, list[str]] = defaultdict(list)
    for hold_id, row in books.holds.items():
        by_key[row.description].append(hold_id)
    for hold in holds:
        found = by_key[hold.key]
        if len(found) > 1:
            yield f"doubled: {hold.key} is in the ledger {len(found)} times"
        yield from against_its_verdict(hold, found)
        for row in (books.holds[hold_id] for hold_id in found):
            if row.legs != hold.legs:
                yield f"changed: {hold.key} has other postings than were sent"
            if row.status == "expired" and hold.expires_at is None:
                yield f"changed: {hold.key} is expired, and was to have no end"


def _done(requests: Sequence[Request], books: Books) -> dict[str, list[Capture | Void]]:
    """Return what was done to each hold: the key of whatever had an effect remembers it."""
    done: dict[str, list[Capture | Void]] = defaultdict(list)
    for request in requests:
        if isinstance(request, Capture | Void) and request.key in books.answers:
            done[str(request.hold.answered_id)].append(request)
    return done


def _ended_once(hold_id: str, row: HoldRow, done: Sequence[Capture | Void]) -> Iterator[str]:
    ends = [each.key for each in done if isinstance(each, Void) or each.is_final]
    if len(ends) > 1:
        yield f"ended twice: hold {hold_id} was ended by {' and by '.join(ends)}"
    is_voided = any(isinstance(each, Void) for each in done)
    if (row.status == "voided") != is_voided:
        yield f"contradicted: hold {hold_id} is {row.status}, and {'was' if is_voided else 'was not'} voided"
    if row.status == "captured" and not row.captures:
        yield f"contradicted: hold {hold_id} is captured by nothing"
    if row.status in ("open", "expired") and ends:
        yield f"contradicted: hold {hold_id} is {row.status}, and was ended by {ends[0]}"


def _captured_by(hold_id: str, row: HoldRow, done: Sequence[Capture | Void], books: Books) -> Iterator[str]:
    asked = Counter(str(books.answers[each.key].document["id"]) for each in done if isinstance(each, Capture))
    if asked != Counter(row.captures):
        yield f"unasked: hold {hold_id} was captured by {row.captures}, the keys tell of {list(asked)}"
    for txn_id in row.captures:
        if books.descriptions.get(txn_id) != row.description:
            yield f"misled: the capture {txn_id} of hold {hold_id} is not its transaction"


def _amounts(hold_id: str, row: HoldRow, books: Books) -> Iterator[str]:
    held, left, taken = Counter[Side](), Counter[Side](), Counter[Side]()
    for leg, remaining in zip(row.legs, row.remaining, strict=True):
        side = (leg.account, leg.asset, leg.amount_minor > 0)
        held[side] += abs(leg.amount_minor)
        left[side] += abs(remaining)
    for leg in (leg for txn_id in row.captures for leg in books.legs(txn_id)):
        taken[leg.account, leg.asset, leg.amount_minor > 0] += abs(leg.amount_minor)
    for side in held.keys() | taken.keys():
        if taken[side] > held[side]:
            yield f"overcaptured: hold {hold_id} held {held[side]} on {side}, and gave {taken[side]}"
        # What was not captured is still held while it is open, and nothing is once it is not.
        elif left[side] != (held[side] - taken[side] if row.status == "open" else 0):
            yield f"half let go: hold {hold_id} is {row.status} and still holds {left[side]} on {side}"


def _each_end(requests: Sequence[Request], books: Books) -> Iterator[str]:
    for request in requests:
        if not isinstance(request, Capture | Void) or request.verdict is not Verdict.KEPT:
            continue
        row = books.holds.get(str(request.hold.answered_id))
        if row is None:
            yield f"lost: {request.key} was acknowledged, and its hold is not in the ledger"
        elif isinstance(request, Capture) and request.answered_id not in row.captures:
            yield f"lost: the capture {request.key} was acknowledged and is not there"
        elif isinstance(request, Capture) and request.legs not in (
            None,
            books.legs(str(request.answered_id)),
        ):
            yield f"changed: the capture {request.key} has other postings than were sent"


def _pending(books: Books) -> Iterator[str]:
    debits, credits_ = Counter[Place](), Counter[Place]()
    for row in books.holds.values():
        for leg, remaining in zip(row.legs, row.remaining, strict=True):
            debits[leg.account, leg.asset] += max(0, remaining)
            credits_[leg.account, leg.asset] += max(0, -remaining)
    for place, balance in books.balances.items():
        if (balance.pending_debits, balance.pending_credits) != (debits[place], credits_[place]):
            yield f"false pending: {place} is {balance}, its holds keep {debits[place]} and {credits_[place]}"
