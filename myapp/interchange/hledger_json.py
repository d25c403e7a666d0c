"""Reads what `hledger print -x -O json` writes.

Prices and costs are not kept: a transaction that exchanges commodities keeps its quantities, as hledger's own
balances do, and the conversion account takes what each asset then lacks. It does so too for postings that
need not balance, `(account)`, which those balances count. Comments, statuses and assertions are dropped.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, time
from functools import cache

from myapp.interchange.conversion import converted
from myapp.interchange.hledger_cost import balances_as_it_stands, check_balanced, posted, precisions
from myapp.interchange.hledger_shape import PlainAmount, Transaction, decode
from myapp.interchange.journal import Entry, Journal, JournalError, ReadOptions, Record, located
from myapp.interchange.names import account_path, asset_code, metadata, words

CONVERSION_ACCOUNT = "equity:conversion"
_ROUNDED = (
    "amounts of {} have up to {} decimals, and hledger rounds to ten when it writes JSON: import the journal "
    "in another format"
)


def read(data: bytes, options: ReadOptions) -> Journal:
    """Read a journal in hledger's JSON.

    Raises:
        JournalError: for anything that is not a balanced journal in that form.
    """
    transactions = decode(data)

    @cache
    def displayed() -> dict[str, int]:
        return precisions(posted(transactions))

    records = []
    for index, transaction in enumerate(transactions):
        where = f"index {index}"
        with located(where):
            _refuse_rounded(posted([transaction]))
            whole = balances_as_it_stands(transaction)
            if not whole:
                _check_balanced(transaction, displayed())
            entries = tuple(_entries(transaction, options))
            # Nothing is lacking in a transaction that balances without any price.
            entries = entries if whole else converted(entries, CONVERSION_ACCOUNT)
            records.append(_record(where, transaction, entries))
    kept = tuple(record for record in records if record.entries)
    return Journal(kept, account_types={}, skipped=len(records) - len(kept))


def _check_balanced(transaction: Transaction, precisions: Mapping[str, int]) -> None:
    try:
        check_balanced(transaction, precisions)
    except JournalError:
        # A price is not kept, so a rounded one only matters where it is the reason.
        _refuse_rounded(cost.contents for amount in posted([transaction]) if (cost := amount.cost))
        raise


def _refuse_rounded(amounts: Iterable[PlainAmount]) -> None:
    for amount in amounts:
        if amount.is_rounded:
            raise JournalError(_ROUNDED.format(amount.acommodity, amount.precision), code="invalid_amount")


def _record(where: str, transaction: Transaction, entries: tuple[Entry, ...]) -> Record:
    return Record(
        where=where,
        effective_at=datetime.combine(transaction.tdate, time.min, UTC),
        description=words(transaction.tdescription),
        # hledger's codes need not be unique, as references must be: they become metadata.
        reference=None,
        metadata=metadata(_labels(transaction)),
        entries=entries,
    )


def _labels(transaction: Transaction) -> Iterator[tuple[str, str]]:
    if transaction.tcode:
        yield "code", transaction.tcode
    yield from transaction.ttags


def _entries(transaction: Transaction, options: ReadOptions) -> Iterator[Entry]:
    for posting in transaction.tpostings:
        for amount in posting.pamount:
            quantity = amount.aquantity.exact
            # A zero often has no commodity; it is dropped here, before anyone asks for one.
            if quantity:
                yield Entry(account_path(posting.paccount), _asset(amount.acommodity, options), quantity)


def _asset(commodity: str, options: ReadOptions) -> str:
    if not commodity and options.default_asset is None:
        raise JournalError("an amount has no commodity, and no default_asset is given", code="invalid_amount")
    return asset_code(commodity or options.default_asset or "")
