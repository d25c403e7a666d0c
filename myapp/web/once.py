"""A form that is sent twice does its work once: it carries an idempotency key, made when it was shown."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Any

import msgspec

from myapp.db import mark_repeatable
from myapp.ledger.books import open_book
from myapp.ledger.errors import IdempotencyKeyReused, InvalidRequest
from myapp.ledger.idempotency import Remembered, claim, complete
from myapp.ledger.ids import new_id
from myapp.ledger.posting import Key
from myapp.web.forms import TOKEN, Form

FIELD = "once"
_MADE_HERE = re.compile(r"page-[0-9a-f-]{36}")
# What the API would answer, and what `verify` takes for a success.
_CREATED = 201
_SENT_BEFORE = (
    "This form was sent before, with other fields, and what it said then is kept. "
    "To keep this as well, send it once more."
)


def new_key() -> str:
    """Return the key of a form that is about to be shown."""
    return f"page-{new_id()}"


def once(request: Any, form: Form, call: Callable[[], str]) -> str:
    """Return the address to go on to: what `call` returns, or what it returned for this form before.

    Raises:
        InvalidRequest: the form carries no key of ours.
        IdempotencyKeyReused: the form was sent before, with other fields.
    """
    given = form.text(FIELD)
    if not _MADE_HERE.fullmatch(given):
        raise InvalidRequest("This form is incomplete. Open it again.")
    # Should the connection be lost in COMMIT, another attempt finds out what became of the first.
    mark_repeatable(request)
    scope = open_book(request.dbsession, request.matchdict["ledger"]).id
    key = Key(given, _fingerprint(request, form))
    remembered = _claim(request, scope, key)
    if remembered is not None:
        first: Any = remembered.answer
        return str(first["address"])
    address = call()
    complete(request.dbsession, scope, key, status=_CREATED, answer={"address": address})
    return address


def _claim(request: Any, scope: int, key: Key) -> Remembered | None:
    try:
        return claim(request.dbsession, scope, key, now=request.now)
    except IdempotencyKeyReused as error:
        # Whoever goes back and changes a field has never heard of keys. Shown again, the form has a new one.
        raise IdempotencyKeyReused(_SENT_BEFORE) from error


def _fingerprint(request: Any, form: Form) -> str:
    # The token is a visit's, and not the form's.
    fields = [pair for pair in form.pairs if pair[0] != TOKEN]
    files = [hashlib.sha256(upload.data).hexdigest() for upload in form.files.values()]
    return hashlib.sha256(msgspec.json.encode([request.path, fields, files])).hexdigest()
