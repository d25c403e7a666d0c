"""`Idempotency-Key`: read it, fingerprint the request, and answer again what was answered before."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from myapp.api.answer import Answer
from myapp.http.request import Request
from myapp.ledger.books import open_book
from myapp.ledger.errors import InvalidParameter, InvalidRequest
from myapp.ledger.idempotency import SERVICE, claim, complete
from myapp.ledger.posting import Key

HEADER = "Idempotency-Key"
REPLAYED: Mapping[str, str] = {"Idempotency-Replayed": "true"}
_VISIBLE = re.compile(r"[\x21-\x7e]{1,255}")


def key_of(request: Request) -> Key | None:
    """Return the request's key with its fingerprint, None where it has none.

    Raises:
        InvalidParameter: the key is not 1 to 255 visible ASCII characters.
    """
    given = request.headers.get(HEADER)
    if given is None:
        return None
    if not _VISIBLE.fullmatch(given):
        raise InvalidParameter(f"{HEADER} has 1 to 255 visible ASCII characters.", parameter=HEADER)
    asked = [request.method, request.path, sorted(request.GET.items())]
    return Key(given, _finished(_begun(asked), _body(request)))


def item_keys(request: Request) -> Callable[[bytes, str], Key]:
    """Return what makes the key of a batch's item, with the fingerprint that it has when it is sent alone.

    It raises InvalidRequest where the key is not 1 to 255 visible ASCII characters.
    """
    alone = _begun([request.method, request.path.removesuffix("/batch"), []])

    def key_of_item(item: bytes, given: str) -> Key:
        if not _VISIBLE.fullmatch(given):
            raise InvalidRequest("A key has 1 to 255 visible ASCII characters.", pointer="/idempotency_key")
        body = msgspec.json.decode(item)
        del body["idempotency_key"]
        return Key(given, _finished(alone.copy(), _canonical(body)))

    return key_of_item


def _begun(asked: list[Any]) -> Any:
    return hashlib.sha256(msgspec.json.encode(asked))


def _finished(digest: Any, body: bytes) -> str:
    digest.update(body)
    return str(digest.hexdigest())


def _canonical(value: Any) -> bytes:
    # Two spellings of one JSON value are the same request.
    return msgspec.json.encode(value, order="deterministic")


def _body(request: Request) -> bytes:
    # An import names its format itself, so what is declared as JSON need not be any.
    if request.content_type != "application/json":
        return request.body
    try:
        return _canonical(msgspec.json.decode(request.body))
    except (msgspec.DecodeError, RecursionError):
        return request.body


def answer_once(request: Request, call: Callable[[], Answer]) -> Answer:
    """Return the answer of `call`, or the one that was given for the request's key before.

    Raises:
        IdempotencyKeyReused: the key came with another request.
    """
    key = key_of(request)
    if key is None or request.GET.get("dry_run", "false").lower() not in ("false", "0"):
        return call()
    # A key of one ledger never meets the idempotency keys of others, even outside every ledger.
    ledger = request.matchdict.get("ledger") or request.identity.ledger
    scope = SERVICE if ledger is None else open_book(request.dbsession, ledger).id
    remembered = claim(request.dbsession, scope, key, now=request.now)
    if remembered is not None:
        first: Any = remembered.answer
        body = msgspec.Raw(first["body"].encode())
        return Answer(body, remembered.status, {**first["headers"], **REPLAYED})
    answer = call()
    # As a text, because a JSON column may keep the members of an object in another order.
    kept = {"body": answer.encoded_to_remember().decode(), "headers": dict(answer.headers)}
    complete(request.dbsession, scope, key, status=answer.status, answer=kept)
    return answer
