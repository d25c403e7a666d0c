"""Whether a transaction balances, by hledger's own rule: at cost, at the precision that it displays."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from myapp.interchange.conversion import EXACT, sums
from myapp.interchange.hledger_shape import Amount, PlainAmount, Transaction
from myapp.interchange.journal import JournalError
from myapp.interchange.names import shown


def precisions(amounts: Iterable[PlainAmount]) -> dict[str, int]:
    """Return the most decimals that any of the amounts displays, for each commodity."""
    most: dict[str, int] = {}
    for amount in amounts:
        most[amount.acommodity] = max(most.get(amount.acommodity, 0), amount.precision)
    return most


def posted(transactions: Iterable[Transaction]) -> Iterable[Amount]:
    """Return every amount that the transactions post."""
    return (
        amount
        for transaction in transactions
        for posting in transaction.tpostings
        for amount in posting.pamount
    )


def balances_as_it_stands(transaction: Transaction) -> bool:
    """Tell whether all postings are real and sum to zero without a price; False may be too hasty.

    Most transactions do, and whole numbers tell it: amounts are added up that have the same decimals.
    """
    totals: dict[tuple[str, int], int] = {}
    for posting in transaction.tpostings:
        if posting.ptype != "RegularPosting":
            return False
        for amount in posting.pamount:
            quantity = amount.aquantity
            alike = amount.acommodity, quantity.decimal_places
            totals[alike] = totals.get(alike, 0) + quantity.decimal_mantissa
    return not any(totals.values())


def check_balanced(transaction: Transaction, journal_precisions: Mapping[str, int]) -> None:
    """Accept a transaction whose real postings, and whose balanced virtual ones, each sum to zero at cost.

    A commodity's precision is the one it is posted with in this transaction, else in the journal, else the
    one its prices are written with.

    Raises:
        JournalError: `unbalanced` when a sum is further from zero than half a unit of the last digit.
    """
    prices = precisions(cost.contents for amount in posted([transaction]) if (cost := amount.cost))
    displayed = {**prices, **journal_precisions, **precisions(posted([transaction]))}
    for kind in ("RegularPosting", "BalancedVirtualPosting"):
        postings = (posting for posting in transaction.tpostings if posting.ptype == kind)
        _check_zero([amount for posting in postings for amount in posting.pamount], displayed)


def _check_zero(amounts: list[Amount], displayed: Mapping[str, int]) -> None:
    quantities = sums((amount.acommodity, amount.aquantity.exact) for amount in amounts)
    # Postings that exchange through an equity account balance as they stand; their prices would count twice.
    if not any(quantities.values()):
        return
    for commodity, total in sums(_at_cost(amount) for amount in amounts).items():
        if total.copy_abs() > Decimal(5).scaleb(-displayed[commodity] - 1):
            off = f"{shown(f'{total:f}')} of {shown(commodity)}"
            raise JournalError(f"the postings do not balance: they sum to {off}", code="unbalanced")


def _at_cost(amount: Amount) -> tuple[str, Decimal]:
    """Return the commodity and quantity that the amount was exchanged for, else its own."""
    if amount.cost is None:
        return amount.acommodity, amount.aquantity.exact
    price = amount.cost.contents
    # The price of the whole amount is written with the amount's sign, the price of a unit without.
    units = Decimal(1) if amount.cost.is_total else amount.aquantity.exact
    return price.acommodity, EXACT.multiply(price.aquantity.exact, units)
