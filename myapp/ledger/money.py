"""Amounts: decimal strings outside, integers of the asset's smallest unit inside, never floats."""

from __future__ import annotations

import re
from decimal import Decimal

from myapp.ledger.errors import AmountOutOfRange, InvalidAmount

# What a BIGINT and SQLite's INTEGER hold.
MINOR_MAX = 2**63 - 1
SCALE_MAX = 18

_AMOUNT = re.compile(r"(-?)([0-9]+)(?:\.([0-9]+))?")
# 2**63 has 19 digits; anything longer is out of range, and is not worth converting to find out.
_DIGITS_MAX = 40


def parse_amount(text: str, scale: int, *, pointer: str | None = None) -> int:
    """Return an amount in the smallest unit: `parse_amount("12.5", 2)` is 1250.

    Zero is parsed; whether it is allowed is the caller's rule.

    Raises:
        InvalidAmount: not a plain decimal, or more decimals than `scale`.
        AmountOutOfRange: more than 64 bits.
    """
    match = _AMOUNT.fullmatch(text)
    if match is None:
        raise InvalidAmount(f"{_shown(text)} is not a decimal amount such as 12.50.", pointer=pointer)
    sign, whole, fraction = match[1], match[2], match[3] or ""
    if len(fraction) > scale:
        raise InvalidAmount(
            f"{_shown(text)} has {len(fraction)} decimals; the asset has {scale}.", pointer=pointer
        )
    return _in_range(sign, whole.lstrip("0") + fraction.ljust(scale, "0"), pointer)


def parse_quantity(text: str) -> Decimal:
    """Return a plain decimal exactly, with as many decimals as it has, whatever the asset's scale.

    Raises:
        InvalidAmount: not a plain decimal: an exponent, a separator of thousands, a space.
    """
    if _AMOUNT.fullmatch(text) is None:
        raise InvalidAmount(f"{_shown(text)} is not a decimal amount such as 12.50.")
    return Decimal(text)


def _in_range(sign: str, digits: str, pointer: str | None) -> int:
    minor = int(digits or "0") if len(digits) <= _DIGITS_MAX else MINOR_MAX + 1
    if minor > MINOR_MAX:
        raise AmountOutOfRange("The amount does not fit into 64 bits of its smallest unit.", pointer=pointer)
    return -minor if sign else minor


def _shown(text: str) -> str:
    # A refusal must not echo a megabyte.
    return repr(text if len(text) <= _DIGITS_MAX else text[:_DIGITS_MAX] + "…")


def format_amount(minor: int, scale: int) -> str:
    """Return an amount as a decimal string with all its decimals: `format_amount(1250, 2)` is 12.50."""
    # A digit before the point, and a sign before that.
    digits = str(minor).zfill(scale + (2 if minor < 0 else 1))
    return f"{digits[:-scale]}.{digits[-scale:]}" if scale else digits


def decimals_of(quantity: Decimal) -> int:
    """Return how many decimals a quantity needs: 2 for 1.50, 1 for 1.50 without its last zero."""
    # Written out, which takes a third of the time of its digits one by one; very small numbers are not.
    _, point, fraction = str(quantity).partition(".")
    if point and fraction.isdecimal():
        return len(fraction)
    exponent = quantity.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
