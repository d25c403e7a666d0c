"""The JSON that `hledger print -O json` writes, as far as it is read.

Field names are hledger's own. Seen in hledger 1.25; later versions call a price (`aprice`) a cost (`acost`).
"""

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Literal

import msgspec

from myapp.interchange.conversion import EXACT, exact
from myapp.interchange.journal import JournalError, located

# hledger keeps a number's decimal places in eight bits.
Places = Annotated[int, msgspec.Meta(ge=0, le=255)]
# Of an amount with more, hledger 1.25 writes it rounded to so many.
_PLACES_WRITTEN_MAX = 10
# What fits into a machine's word.
_MANTISSA_MAX = 2**63

_Members = list[tuple[str, object]]


class Quantity(msgspec.Struct, frozen=True, rename="camel"):
    """A number as an integer and its decimal places; the float beside them is not exact and not read."""

    decimal_mantissa: int
    decimal_places: Places

    @property
    def exact(self) -> Decimal:
        """Return the number.

        Raises:
            JournalError: `invalid_amount` when it has too many digits.
        """
        return _exact(self.decimal_mantissa, self.decimal_places)


# Asked for several times an amount with a price, once to keep it and the others to see that all balances.
@lru_cache(1_000)
def _exact(mantissa: int, places: int) -> Decimal:
    if abs(mantissa) > _MANTISSA_MAX:
        return exact(Decimal(mantissa).scaleb(-places, EXACT))
    # The same in whole numbers, which takes a third of the time.
    while places and not mantissa % 10:
        mantissa, places = mantissa // 10, places - 1
    return Decimal(mantissa).scaleb(-places, EXACT)


class Style(msgspec.Struct, frozen=True):
    """How an amount is displayed; without a precision, with all its decimals."""

    asprecision: Places | None


class PlainAmount(msgspec.Struct, frozen=True):
    """So much of a commodity, whose name is empty when the journal gave none."""

    acommodity: str
    aquantity: Quantity
    astyle: Style

    @property
    def is_rounded(self) -> bool:
        """Tell whether hledger seems to have left out decimals that its journal has.

        All that it writes are used then; or none, as of an amount so small that nothing is left of it. Where
        the last one is a zero, it may as well have been written so, which one of ten rounded amounts is.
        """
        mantissa, places = self.aquantity.decimal_mantissa, self.aquantity.decimal_places
        return places == _PLACES_WRITTEN_MAX < self.precision and (mantissa % 10 != 0 or mantissa == 0)

    @property
    def precision(self) -> int:
        """Return how many decimals hledger displays."""
        shown = self.astyle.asprecision
        return self.aquantity.decimal_places if shown is None else shown


class Cost(msgspec.Struct, frozen=True):
    """What one unit, or the whole amount, was exchanged for."""

    contents: PlainAmount
    tag: Literal["UnitPrice", "UnitCost", "TotalPrice", "TotalCost"]

    @property
    def is_total(self) -> bool:
        """Tell whether it is the price of the whole amount."""
        return self.tag in ("TotalPrice", "TotalCost")


class Amount(PlainAmount, frozen=True):
    """An amount that may have been exchanged for another commodity."""

    aprice: Cost | None = None
    acost: Cost | None = None

    @property
    def cost(self) -> Cost | None:
        """Return what it was exchanged for, whatever this version of hledger calls it."""
        return self.aprice or self.acost


class Posting(msgspec.Struct, frozen=True):
    """Amounts on an account; virtual postings were written in brackets or parentheses."""

    paccount: str
    pamount: tuple[Amount, ...]
    ptype: Literal["RegularPosting", "BalancedVirtualPosting", "VirtualPosting"]


class Transaction(msgspec.Struct, frozen=True):
    """One transaction of the journal."""

    tcode: str
    tdate: date
    tdescription: str
    ttags: tuple[tuple[str, str], ...]
    tpostings: tuple[Posting, ...]


def decode(data: bytes) -> tuple[Transaction, ...]:
    """Return the transactions in what hledger wrote.

    Raises:
        JournalError: `malformed_json` for what is not JSON, `invalid_request` for any other JSON.
    """
    # By json, not by msgspec, which does not tell a key that occurs twice.
    _parse(data, _nothing)
    try:
        # At once, from the text, in a third of the time. Only the way below tells which transaction is wrong.
        return msgspec.json.decode(data, type=tuple[Transaction, ...])
    except (ValueError, RecursionError):
        return _one_by_one(_parse(data, dict))


def _one_by_one(document: object) -> tuple[Transaction, ...]:
    if not isinstance(document, list):
        raise JournalError("the journal must be a JSON array of transactions")
    return tuple(_transaction(index, item) for index, item in enumerate(document))


def _transaction(index: int, item: object) -> Transaction:
    with located(f"index {index}"):
        try:
            return msgspec.convert(item, Transaction)
        # Half a surrogate pair in a key is a UnicodeEncodeError, which is a ValueError like msgspec's own.
        except ValueError as error:
            raise JournalError(str(error)) from error


def _parse(data: bytes, make: Callable[[_Members], object]) -> object:
    """Parse strictly, and return what `make` makes of each object's members.

    It knows integers of any size, which a mantissa may be and msgspec refuses.
    """

    def unique(members: _Members) -> object:
        # An object that says two things about one key, of which json would keep the last.
        if len(dict(members)) != len(members):
            raise ValueError("a key occurs twice in one object")
        return make(members)

    try:
        return json.loads(data.decode(), parse_constant=_no_constant, object_pairs_hook=unique)
    # Nesting deeper than the interpreter's stack is a RecursionError.
    except (ValueError, RecursionError) as error:
        raise JournalError(f"not JSON: {error}", code="malformed_json") from error


def _nothing(members: _Members) -> None:
    """Keep nothing: the whole journal as dictionaries takes ten times the memory of its text."""


def _no_constant(name: str) -> object:
    """Refuse NaN and the infinities, which json would accept."""
    raise ValueError(f"{name} is not JSON")
