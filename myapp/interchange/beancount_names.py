"""Names as beancount takes them: accounts below five roots, capital commodities; no two the same.

A name that beancount takes is kept. Any other is made into one that resembles it, with a number behind it
where that one is taken; the true name stands beside it, as metadata of its declaration. The patterns are
those of beancount's documentation and lexer, which is not imported here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from itertools import count

_ROOTS = {
    "asset": "Assets",
    "liability": "Liabilities",
    "equity": "Equity",
    "income": "Income",
    "expense": "Expenses",
}
_COMMODITY = re.compile(r"[A-Z](?:[A-Z0-9'._-]{0,22}[A-Z0-9])?")
# The lexer's words; it reads no commodity in them.
_WORDS = frozenset({"TRUE", "FALSE", "NULL"})
_COMMODITY_CHARS_MAX = 24


class Names:
    """Which name stands for what; only those that differ from what `make` says by itself are kept."""

    def __init__(self, make: Callable[..., str], taken: Iterable[str], chars_max: int | None = None) -> None:
        self._make = make
        self._taken = set(taken)
        self._numbered: dict[str, str] = {}
        self._chars_max = chars_max

    def add(self, true: str, *hints: str) -> str:
        """Return a name for what is called so, which nothing else has."""
        made = self._make(true, *hints)
        name = made
        if name != true:
            numbers = count(2)
            while name in self._taken:
                name = self._with_number(made, next(numbers))
        self._taken.add(name)
        if name != made:
            self._numbered[true] = name
        return name

    def of(self, true: str, *hints: str) -> str:
        """Return the name that was given to it."""
        return self._numbered.get(true) or self._make(true, *hints)

    def _with_number(self, name: str, number: int) -> str:
        room = None if self._chars_max is None else self._chars_max - len(f"-{number}")
        return f"{name[:room]}-{number}"


def is_account(path: str, account_type: str) -> bool:
    """Tell whether beancount takes the path as it is, and the root as the account's type."""
    root, *components = path.split(":")
    return root == _ROOTS[account_type] and bool(components) and all(map(_is_component, components))


def account_name(path: str, account_type: str, *, tells_type: bool) -> str:
    """Return an account name that resembles the path; `tells_type` is whether its first segment does."""
    if is_account(path, account_type):
        return path
    segments = path.split(":")
    below = segments[1:] if tells_type and len(segments) > 1 else segments
    return ":".join([_ROOTS[account_type], *map(_component, below)])


def is_commodity(code: str) -> bool:
    """Tell whether beancount takes the code as it is."""
    return _COMMODITY.fullmatch(code) is not None and code not in _WORDS


def commodity_name(code: str) -> str:
    """Return a commodity that resembles the code."""
    if is_commodity(code):
        return code
    spelt = (char if re.fullmatch("[A-Z0-9'._-]", char) else f"U{ord(char):04X}" for char in code.upper())
    name = "".join(spelt)[: _COMMODITY_CHARS_MAX - 2].rstrip("'._-")
    return name if is_commodity(name) else f"X{name}X"


def _is_component(text: str) -> bool:
    return _begins(text[:1]) and all(map(_goes_on, text))


def _component(segment: str) -> str:
    name = "".join(char if _goes_on(char) else "-" for char in segment)
    capital = name[0].upper()
    begun = capital + name[1:] if len(capital) == 1 else name
    return begun if _begins(begun[:1]) else f"X{name}"


def _begins(char: str) -> bool:
    return unicodedata.category(char) in ("Lu", "Nd")


def _goes_on(char: str) -> bool:
    return char == "-" or unicodedata.category(char).startswith("L") or unicodedata.category(char) == "Nd"
