"""Exact sums, and the postings that make every asset of a record sum to zero.

Where books convert one asset into another, neither sums to zero by itself: what each one lacks is posted to a
conversion account.
"""

from collections.abc import Iterable, Sequence
from decimal import Context, Decimal, DivisionByZero, Inexact, InvalidOperation, Overflow

from myapp.interchange.journal import Entry, JournalError

# Far beyond any asset. It bounds the work that one number can cause, and lets EXACT below hold every sum.
DIGITS_MAX = 1_000

# The product of two numbers spans up to six times as many digits around the point; the rest is for adding up.
# The default context would round silently at 28 digits; this one raises before it rounds.
EXACT = Context(prec=8 * DIGITS_MAX, traps=[DivisionByZero, Inexact, InvalidOperation, Overflow])


def exact(number: Decimal) -> Decimal:
    """Return the same number with neither trailing zeros nor an exponent.

    Raises:
        JournalError: `invalid_amount` when it is no finite number or has too many digits.
    """
    _, digits, exponent = number.as_tuple()
    if not isinstance(exponent, int) or len(digits) > DIGITS_MAX or abs(exponent) > DIGITS_MAX:
        raise JournalError(f"an amount has more than {DIGITS_MAX} digits", code="invalid_amount")
    shortest = number.normalize(EXACT)
    is_whole = shortest.as_tuple().exponent in range(DIGITS_MAX * 2)
    return EXACT.quantize(shortest, Decimal(1)) if is_whole else shortest


def sums(quantities: Iterable[tuple[str, Decimal]]) -> dict[str, Decimal]:
    """Add up, exactly, the quantities of each asset."""
    totals: dict[str, Decimal] = {}
    for asset, quantity in quantities:
        totals[asset] = EXACT.add(totals.get(asset, Decimal(0)), quantity)
    return totals


def converted(entries: Sequence[Entry], conversion_account: str) -> tuple[Entry, ...]:
    """Drop entries of zero, and post to the conversion account what each asset's sum lacks.

    Raises:
        JournalError: `invalid_amount` when what is lacking has too many digits.
    """
    kept = tuple(entry for entry in entries if entry.quantity)
    totals = sums((entry.asset, entry.quantity) for entry in kept)
    lacking = {asset: exact(EXACT.minus(total)) for asset, total in totals.items() if total}
    return kept + tuple(Entry(conversion_account, asset, lacking[asset]) for asset in sorted(lacking))
