"""The query's parameters: each is declared, read once, and refused when it cannot be read."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection
from datetime import datetime
from typing import TypeVar

from myapp.http.request import Request
from myapp.http.times import first_instant, last_instant
from myapp.ledger.errors import InvalidParameter

Value = TypeVar("Value")

# As long as the longest text that is stored; a database asked for more may refuse the statement.
TEXT_CHARS_MAX = 10_000


def require_known(request: Request, known: Collection[str]) -> None:
    """Refuse a parameter nobody reads: a misspelt filter would answer another question.

    `known` may hold prefixes that end in a dot, such as `metadata.`.

    Raises:
        InvalidParameter: a parameter is unknown, occurs twice, has a NUL, or is not UTF-8.
    """
    seen = set()
    prefixes = tuple(name for name in known if name.endswith("."))
    for name, value in _given(request):
        if name not in known and not name.startswith(prefixes):
            raise InvalidParameter(f"There is no parameter {name!r} here.", parameter=name)
        if name in seen or "\0" in name + value:
            raise InvalidParameter(f"The parameter {name!r} is given twice, or has a NUL.", parameter=name)
        seen.add(name)


def _given(request: Request) -> list[tuple[str, str]]:
    # WebOb decodes the query when it is first asked for, and raises what Python raises.
    try:
        return list(request.GET.items())
    except UnicodeDecodeError as error:
        raise InvalidParameter("The query is not valid UTF-8.") from error


def read(request: Request, name: str, parse: Callable[[str], Value]) -> Value | None:
    """Return a parameter, None where it is not given.

    Raises:
        InvalidParameter: `parse` raised a ValueError.
    """
    text = request.GET.get(name)
    if text is None:
        return None
    try:
        return parse(text)
    except ValueError as error:
        raise InvalidParameter(f"The parameter {name}: {error}.", parameter=name) from error


def text(request: Request, name: str) -> str | None:
    """Return a text, None where it is not given."""
    return read(request, name, _text)


def _text(text: str) -> str:
    if len(text) > TEXT_CHARS_MAX:
        raise ValueError(f"it has at most {TEXT_CHARS_MAX} characters")
    return text


def family(request: Request, prefix: str) -> dict[str, str]:
    """Return the parameters whose name begins with a prefix, without it."""
    names = [name for name in request.GET if name.startswith(prefix)]
    return {name.removeprefix(prefix): needed(text, request, name) for name in names}


def path(request: Request, name: str) -> str | None:
    """Return an account path or the beginning of one, composed (NFC) as paths are stored."""
    return read(request, name, lambda text: unicodedata.normalize("NFC", _text(text)))


def needed(read_one: Callable[[Request, str], Value | None], request: Request, name: str) -> Value:
    """Return a parameter that must be given, as `read_one` reads it.

    Raises:
        InvalidParameter: it is not given, or cannot be read.
    """
    value = read_one(request, name)
    if value is None:
        raise InvalidParameter(f"The parameter {name} is needed.", parameter=name)
    return value


def start(request: Request, name: str) -> datetime | None:
    """Return a time; a date alone means its first instant."""
    return read(request, name, first_instant)


def end(request: Request, name: str) -> datetime | None:
    """Return a time; a date alone means all of that day."""
    return read(request, name, last_instant)


def flag(request: Request, name: str) -> bool:
    """Return a flag: `true`, `1` or nothing behind the name set it; `false` and `0` do not."""
    return bool(read(request, name, _flag))


def _flag(text: str) -> bool:
    if text.lower() not in ("", "1", "true", "0", "false"):
        raise ValueError("it is true or false")
    return text.lower() not in ("0", "false")


def choice(request: Request, name: str, choices: Collection[str]) -> str | None:
    """Return one of some words, None where it is not given."""

    def parse(text: str) -> str:
        if text not in choices:
            raise ValueError(f"it is one of {', '.join(choices)}")
        return text

    return read(request, name, parse)


def whole(request: Request, name: str, lowest: int, highest: int) -> int | None:
    """Return a whole number within bounds, None where it is not given."""

    def parse(text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) < 19 and lowest <= int(text) <= highest):
            raise ValueError(f"it is a whole number from {lowest} to {highest}")
        return int(text)

    return read(request, name, parse)
