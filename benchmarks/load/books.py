"""The books under load: accounts that none may overdraw, keys for the clients, and the check afterwards.

They are filled in the library, without a server, so that the same books can be copied for the opponents.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import func, select, update

from myapp.db import Mode, throwaway
from myapp.ledger import verifying
from myapp.ledger.assets import declare_first
from myapp.ledger.batches import ITEMS_MAX, Item, post_all
from myapp.ledger.books import open_book
from myapp.ledger.drafts import AssetDraft, PostingDraft, TransactionDraft
from myapp.ledger.ledgers import create
from myapp.ledger.opening import open_accounts
from myapp.ledger.tables import Account, Balance, Transaction
from myapp.schema import upgrade
from myapp.security import keys

LEDGER = "load"
ASSET = "USD"
SOURCE = "equity:opening"
# The account that everybody pays into when one account is hot.
HOT = "assets:till"
_FUNDS = "1000000.00"


@dataclass(frozen=True)
class Books:
    """A database with a ledger in it: who may pay whom, and how many transactions it began with."""

    url: str
    accounts: Sequence[str]
    secrets: Sequence[str]
    transactions: int

    def at(self, url: str) -> Books:
        """Return the same books as copied to another database."""
        return Books(url, self.accounts, self.secrets, self.transactions)


def opened(url: str, accounts: int, clients: int) -> Books:
    """Migrate an empty database and open the books there: so many accounts, and a key for each client."""
    upgrade(url)
    paths = [f"assets:clients:{number:06}" for number in range(accounts)]
    now = datetime.now(UTC)
    with throwaway(url) as session:
        create(session, LEDGER, now=now)
        book = open_book(session, LEDGER)
        declare_first(session, book, [AssetDraft(ASSET, 2)], now=now)
        open_accounts(session, book.id, {SOURCE: "equity", **dict.fromkeys([HOT, *paths], "asset")}, now=now)
        for items in _fundings([HOT, *paths]):
            post_all(session, LEDGER, items, now=now, actor="load")
        limited = select(Account.id).where(Account.ledger_id == book.id, Account.type == "asset")
        own = Balance.ledger_id == book.id
        session.execute(update(Balance).where(own, Balance.account_id.in_(limited)).values(lowest=0))
        scopes = ("read", "write")
        made = [keys.create(session, f"client-{number}", scopes, now=now) for number in range(clients)]
        return Books(url, paths, [secret for _, secret in made], len(paths) + 1)


def _fundings(paths: Sequence[str]) -> Iterator[list[Item]]:
    for begin in range(0, len(paths), ITEMS_MAX):
        yield [Item(_funding(path)) for path in paths[begin : begin + ITEMS_MAX]]


def _funding(path: str) -> TransactionDraft:
    return TransactionDraft(
        (PostingDraft(path, ASSET, _FUNDS), PostingDraft(SOURCE, ASSET, f"-{_FUNDS}")), "Opening balance"
    )


def check(books: Books, acknowledged: int) -> None:
    """Return if the books are right and hold what was acknowledged, no more and no less.

    Raises:
        RuntimeError: they do not, so nothing that was measured on them counts.
    """
    with throwaway(books.url, mode=Mode.READ) as session:
        counted = session.execute(select(func.count()).select_from(Transaction)).scalar_one()
        verification = verifying.verify(session, LEDGER)
    if not verification.ok:
        wrong = [check.name for check in verification.checks if check.problem_count]
        raise RuntimeError(f"verify finds the books wrong: {', '.join(wrong)}.")
    if counted - books.transactions != acknowledged:
        raise RuntimeError(f"{acknowledged} transactions were acknowledged, {counted} are in the books.")
