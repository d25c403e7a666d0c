"""Read a request's body: within its limit, of its type, and JSON in the strict sense."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from itertools import takewhile
from typing import Any, TypeVar

import msgspec

from myapp.http.errors import BodyTooLarge, MalformedJson, UnsupportedMediaType
from myapp.http.request import Request
from myapp.ledger.errors import InvalidAmount, InvalidRequest, LedgerError
from myapp.ledger.rules import escape_pointer

Body = TypeVar("Body")

JSON = "application/json"
_AT = re.compile(r"(?P<message>.*) - at `(?P<path>.*)`$", re.DOTALL)
_STEP = re.compile(r"\.([^.\[]+)|\[(\d+|\.\.\.)\]")
_FIELD = re.compile(r"Object (?:missing required|contains unknown) field `(.*)`", re.DOTALL)
# More than any number has that is taken; as a float, a number of more digits is infinite.
_DIGITS_MAX = 1_000
# Where a JSON number is not merely of the wrong type, but no amount.
_AMOUNTS = ("amount", "min", "max")


def read_body(request: Request, media_types: Collection[str], bytes_max: int) -> bytes:
    """Return the body.

    Raises:
        UnsupportedMediaType: it is declared as something else than `media_types`, as not UTF-8, or as
            compressed.
        BodyTooLarge: it has more than `bytes_max` bytes.
    """
    declared = (request.content_type or "").lower()
    if declared and declared not in media_types:
        raise UnsupportedMediaType(f"Send {' or '.join(sorted(media_types))}, not {declared}.")
    # ASCII is UTF-8, too. A file in any other encoding would be read as other letters than were meant.
    if request.charset.lower() not in ("utf-8", "utf8", "us-ascii", "ascii"):
        raise UnsupportedMediaType("Send UTF-8.")
    if (request.headers.get("Content-Encoding") or "identity").lower() != "identity":
        raise UnsupportedMediaType("Send the body as it is, without a Content-Encoding.")
    if (request.content_length or 0) > bytes_max:
        raise BodyTooLarge(f"At most {bytes_max} bytes are taken here.")
    body = request.body
    if len(body) > bytes_max:
        raise BodyTooLarge(f"At most {bytes_max} bytes are taken here.")
    return body


def decode_json(body: bytes, shape: type[Body]) -> Body:
    """Return the body as a value of the given struct.

    Raises:
        MalformedJson: not JSON, not UTF-8, nested too deeply, or a key occurs twice.
        InvalidRequest: a field is missing, unknown or of the wrong type.
        InvalidAmount: an amount is not a string.
    """
    parse_json(body)
    return decode_checked(body, shape)


def decode_checked(body: bytes | msgspec.Raw, shape: type[Body]) -> Body:
    """Return a body, or a part of one, that `parse_json` has passed, as a value of the given struct.

    Raises:
        MalformedJson, InvalidRequest, InvalidAmount: as `decode_json`.
    """
    try:
        return msgspec.json.decode(body, type=shape)
    except msgspec.ValidationError as error:
        raise _invalid(str(error)) from error
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise MalformedJson(f"The body is not JSON: {error}.") from error


def parse_json(body: bytes) -> Any:
    """Return the body as plain values, refusing what lenient parsers let through.

    Raises:
        MalformedJson: as `decode_json`; also NaN, and text that is not Unicode (lone surrogates).
    """
    try:
        value = json.loads(
            body.decode(),
            object_pairs_hook=_without_duplicates,
            parse_constant=_no_constant,
            parse_int=_whole,
        )
        # Half of a pair of surrogates can only come from an escape; as it is, the body would not be UTF-8.
        if b"\\u" in body:
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise MalformedJson(f"The body is not JSON: {_short(error)}.") from error
    return value


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a key occurs twice in an object")
    return members


def _whole(digits: str) -> int | float:
    # A number of a million digits is JSON too; Python converts none so long, and nothing here takes one.
    return int(digits) if len(digits) <= _DIGITS_MAX else float(digits)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _short(error: Exception) -> str:
    return str(error)[:200]


def _invalid(message: str) -> LedgerError:
    match = _AT.match(message)
    text, path = (match["message"], match["path"]) if match else (message, "$")
    # msgspec writes "$.postings[0].amount".
    steps = [name or number for name, number in _STEP.findall(path)]
    if named := _FIELD.findall(text):
        return InvalidRequest(f"{text}.", pointer=_pointer(steps + named))
    kind = InvalidAmount if steps and steps[-1] in _AMOUNTS else InvalidRequest
    return kind(f"{text}.", pointer=_pointer(steps))


def _pointer(steps: list[str]) -> str:
    # The keys of a dict are not named: "..." stands for them, and the pointer ends at the dict.
    named = takewhile(lambda step: step != "...", steps)
    return "".join(f"/{escape_pointer(step)}" for step in named)
