"""Refusals of the books that say which record of a journal they are about."""

from __future__ import annotations

import re

from myapp.interchange.journal import JournalError
from myapp.ledger.errors import (
    AmountOutOfRange,
    InvalidAmount,
    InvalidParameter,
    InvalidRequest,
    LedgerError,
    Unbalanced,
)

_PLACE = re.compile(r"(line|index) ([0-9]+)")
_KINDS: dict[str, type[LedgerError]] = {
    kind.code: kind
    for kind in (InvalidRequest, InvalidParameter, Unbalanced, InvalidAmount, AmountOutOfRange)
}


class MalformedJournal(LedgerError):
    """The file is not of the format that it is said to be."""

    code = "malformed_json"


def refusal_of(error: JournalError) -> LedgerError:
    """Return a reader's refusal as one of the books."""
    return located(_KINDS.get(error.code, MalformedJournal)(str(error)), error.where)


def located(error: LedgerError, where: str | None) -> LedgerError:
    """Return the error with the record's place: `line` or `index`, and in its sentence."""
    match = _PLACE.fullmatch(where or "")
    place = {match[1]: int(match[2])} if match else {}
    shown = error.detail if where is None or where in error.detail else f"{where}: {error.detail}"
    return type(error)(shown, pointer=None, **{**error.members, **place})
