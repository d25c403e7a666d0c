"""Compare what a client was told of one request with what is there of it, and with what its key remembers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tests.chaos.books import Books, Remembered
from tests.chaos.records import Order, Request, Verdict


def against_its_verdict(request: Request, found: list[str]) -> Iterator[str]:
    """Yield what contradicts the verdict, given the ids under which the request is in the ledger."""
    told = request.answered_id
    if request.verdict is Verdict.KEPT and not found:
        yield f"lost: {request.key} was acknowledged as {told} and is not in the ledger"
    elif request.verdict is Verdict.KEPT and told not in found:
        yield f"misnamed: {request.key} was acknowledged as {told} and is in the ledger as {found[0]}"
    elif request.verdict is Verdict.NOTHING and found:
        yield f"kept: {request.key} was answered with 'nothing was changed' and is in the ledger"


def remembered_breaches(requests: Sequence[Request], books: Books) -> Iterator[str]:
    """Yield the keys that forgot their answer, or remember one that nobody was given."""
    known = {request.key: request for request in requests if not isinstance(request, Order)}
    for key, request in known.items():
        if request.verdict is Verdict.KEPT and books.answers.get(key) != _told(request):
            yield f"forgotten: the key {key} does not remember the answer {request.answer}"
        elif request.verdict is Verdict.NOTHING and key in books.answers:
            yield f"kept: {key} was answered with 'nothing was changed' and its key remembers an answer"
    for key in books.answers.keys() - known.keys():
        yield f"dangling: the key {key} remembers an answer, and nobody sent it"


def _told(request: Request) -> Remembered:
    return Remembered(request.accepted, request.answer or {})
