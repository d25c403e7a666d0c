"""The view of batches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from myapp.api.answer import Answer
from myapp.api.bodies import BatchBody, BatchItem
from myapp.api.drafting import draft_of
from myapp.api.idempotency import item_keys
from myapp.http.body import decode_checked
from myapp.http.problems import problem
from myapp.http.request import Request
from myapp.ledger.batches import Asked, Item, Posted, Result, post_all, post_each
from myapp.ledger.errors import LedgerError
from myapp.ledger.posting import Key


def create(request: Request, body: BatchBody) -> Answer:
    """Post many transactions: all or none, or each alone."""
    post, status = (post_each, 200) if body.mode == "each" else (post_all, 201)
    key_of = item_keys(request)
    items = [_asked(raw, key_of) for raw in body.transactions]
    ledger, actor = request.matchdict["ledger"], request.identity.actor
    results = post(request.dbsession, ledger, items, now=request.now, actor=actor)
    return Answer({"results": [_shown(request, each) for each in results]}, status)


def _asked(raw: msgspec.Raw, key_of: Callable[[bytes, str], Key]) -> Asked:
    try:
        item = decode_checked(raw, BatchItem)
        key = None if item.idempotency_key is None else key_of(bytes(raw), item.idempotency_key)
        return Item(draft_of(item), key)
    except LedgerError as error:
        return error


def _shown(request: Request, result: Result) -> dict[str, Any]:
    if isinstance(result, Posted):
        return {"status": result.status, "transaction": result.transaction}
    document = problem(result, request.request_id)
    return {"status": document["status"], "problem": document}
