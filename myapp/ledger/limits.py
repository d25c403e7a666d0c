"""Limits: what the owner of an account may reach, on the account's normal side.

They are stored as bounds of debits minus credits, so that the write statement compares without knowing
the account's type.
"""

from __future__ import annotations

from collections.abc import Mapping

from myapp.ledger.errors import InvalidRequest, UnknownAsset
from myapp.ledger.money import format_amount, parse_amount
from myapp.ledger.rules import escape_pointer, normal_side

Bounds = tuple[int | None, int | None]


def parse_limits(
    limits: Mapping[str, Mapping[str, str | None]], account_type: str, scales: Mapping[str, int]
) -> dict[str, Bounds]:
    """Return (lowest, highest) of debits minus credits by asset, in the smallest unit.

    Raises:
        UnknownAsset: the ledger has no such asset.
        InvalidAmount: a limit is not of the asset's precision.
        InvalidRequest: `min` is above `max`.
    """
    return {asset: _parse(asset, given, account_type, scales) for asset, given in limits.items()}


def _parse(
    asset: str, given: Mapping[str, str | None], account_type: str, scales: Mapping[str, int]
) -> Bounds:
    at = f"/limits/{escape_pointer(asset)}"
    if asset not in scales:
        raise UnknownAsset(f"The ledger has no asset {asset!r}.", pointer=at)
    lowest, highest = (_bound(given.get(name), scales[asset], f"{at}/{name}") for name in ("min", "max"))
    if lowest is not None and highest is not None and lowest > highest:
        raise InvalidRequest("A limit's min is not above its max.", pointer=at)
    return _flipped((lowest, highest), account_type)


def _bound(text: str | None, scale: int, pointer: str) -> int | None:
    return None if text is None else parse_amount(text, scale, pointer=pointer)


def _flipped(bounds: Bounds, account_type: str) -> Bounds:
    # A credit-normal account grows where debits minus credits falls: its min is the upper bound.
    lowest, highest = bounds
    if normal_side(account_type) == "debit":
        return lowest, highest
    return (None if highest is None else -highest), (None if lowest is None else -lowest)


def format_limits(bounds: Bounds, account_type: str, scale: int) -> dict[str, str]:
    """Return the limits as they were given: `min` and `max` on the normal side, where there are any."""
    lowest, highest = _flipped(bounds, account_type)
    given = {"min": lowest, "max": highest}
    return {name: format_amount(bound, scale) for name, bound in given.items() if bound is not None}
