"""From a query's parameters to what the books are asked: the same words in the API and on the pages."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from myapp.http import parameters
from myapp.http.paging import PageRequest, instant, int64, page_request, uuid
from myapp.http.request import Request
from myapp.ledger import rules
from myapp.ledger.asof import AsOf
from myapp.ledger.balances import Selection
from myapp.ledger.errors import HoldNotFound, InvalidParameter, LedgerError, TransactionNotFound
from myapp.ledger.ids import read_id
from myapp.ledger.reports.periods import Period
from myapp.ledger.rules import METADATA_KEYS_MAX
from myapp.ledger.statements import Place, StatementFilter
from myapp.ledger.transactions import TransactionFilter

# The parameters that each of them reads.
TRANSACTIONS = ("account", "asset", "from", "to", "reference", "metadata.", "q", "order")
AS_OF = ("at", "known_at")
PERIOD = ("from", "to", "known_at")
DEPTH_MAX = 128


def as_of(request: Request) -> AsOf | None:
    """Return the times that are asked for, None for the present."""
    at, known_at = parameters.end(request, "at"), parameters.end(request, "known_at")
    return None if at is None and known_at is None else AsOf(at, known_at)


def period(request: Request) -> tuple[Period, datetime | None]:
    """Return which period is asked for, and as it was known when."""
    asked = Period(parameters.start(request, "from"), parameters.end(request, "to"))
    return asked, parameters.end(request, "known_at")


def transactions(request: Request) -> TransactionFilter:
    """Return which transactions are asked for."""
    return TransactionFilter(
        account=parameters.path(request, "account"),
        asset=parameters.text(request, "asset"),
        effective_from=parameters.start(request, "from"),
        effective_to=parameters.end(request, "to"),
        reference=parameters.text(request, "reference"),
        text=parameters.text(request, "q"),
        metadata=_metadata(request),
        order=parameters.choice(request, "order", ("recorded", "effective")) or "recorded",
    )


def page_of_transactions(request: Request) -> PageRequest:
    """Return which page of transactions is asked for."""
    return page_request(request, instant, uuid)


def _metadata(request: Request) -> dict[str, str]:
    wanted = parameters.family(request, "metadata.")
    # No transaction has more keys, and SQLite refuses a condition of a thousand parts.
    if len(wanted) > METADATA_KEYS_MAX:
        raise InvalidParameter(f"At most {METADATA_KEYS_MAX} metadata filters.", parameter="metadata.")
    return wanted


def statement(request: Request, account: str, asset: str) -> StatementFilter:
    """Return which statement is asked for."""
    return StatementFilter(
        account=account,
        asset=asset,
        effective_from=parameters.start(request, "from"),
        effective_to=parameters.end(request, "to"),
    )


def page_of_statement(request: Request) -> tuple[int, Place | None]:
    """Return how many lines of a statement are asked for, and behind which."""
    page = page_request(request, instant, *[int64] * 5)
    after: Any = page.after
    return page.limit, None if after is None else Place(*after)


def balances(request: Request) -> Selection:
    """Return which balances are asked for."""
    return Selection(
        prefix=parameters.path(request, "prefix"),
        account_type=parameters.choice(request, "type", rules.ACCOUNT_TYPES),
        asset=parameters.text(request, "asset"),
        depth=parameters.whole(request, "depth", 1, DEPTH_MAX),
        as_of=as_of(request),
    )


def transaction_id(request: Request) -> UUID:
    """Return the id in the address of a transaction.

    Raises:
        TransactionNotFound: it is no id.
    """
    return _id(request, "id", TransactionNotFound("The ledger has no transaction with this id."))


def hold_id(request: Request) -> UUID:
    """Return the id in the address of a hold.

    Raises:
        HoldNotFound: it is no id.
    """
    return _id(request, "hold", HoldNotFound("The ledger has no hold with this id."))


def _id(request: Request, name: str, refusal: LedgerError) -> UUID:
    try:
        return read_id(request.matchdict[name])
    except ValueError:
        raise refusal from None
