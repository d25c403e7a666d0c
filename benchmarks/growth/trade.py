"""Three years of a trading company's books, as many transactions of it as are asked for.

About 200 accounts. The bank takes part in four transactions of five, so that of a million postings it has
300,000. Nearly all come in the order of their effective times; one in twenty is told late, of any day before.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from random import Random

from myapp.ledger.batches import Item
from myapp.ledger.drafts import PostingDraft, TransactionDraft
from myapp.ledger.posting import Key

ASSET = "USD"
BANK = "assets:bank:current"
VAT = "liabilities:taxes:vat"
CUSTOMERS = tuple(f"assets:receivable:customer {number:03}" for number in range(1, 101))
SUPPLIERS = tuple(f"liabilities:payable:supplier {number:02}" for number in range(1, 21))
SHOPS = tuple(f"income:sales:shop {number:02}" for number in range(1, 31))
COSTS = tuple(f"expenses:costs:kind {number:02}" for number in range(1, 49))
ACCOUNTS = (BANK, VAT, *CUSTOMERS, *SUPPLIERS, *SHOPS, *COSTS)

SPAN = timedelta(days=3 * 365)
# On average, by the weights below.
POSTINGS_EACH = 2.65
_LATE_SHARE = 0.05
_VAT_PERCENT = 19

# What happens, with how many of a hundred transactions are of its kind.
_KINDS = {"sale": 50, "invoice": 15, "payment": 15, "cost": 15, "purchase": 5}


class Trade:
    """Draws transactions; every choice follows from the seed, every time lies within `SPAN` before `end`."""

    def __init__(self, seed: int, end: datetime) -> None:
        self._random = Random(seed)
        self.start = end.astimezone(UTC).replace(microsecond=0) - SPAN
        self._number = 0

    def items(self, postings: int) -> Iterator[Item]:
        """Yield transactions over the whole span, in order but for the late ones, until they have enough."""
        made = 0
        while made < postings:
            item = self._item(made / postings)
            made += len(item.draft.postings)
            yield item

    def _item(self, share: float) -> Item:
        late = self._random.random() < _LATE_SHARE
        effective_at = self.start + SPAN * (share * self._random.random() if late else share)
        self._number += 1
        (kind,) = self._random.choices(list(_KINDS), list(_KINDS.values()))
        draft = TransactionDraft(
            postings=self._postings(kind),
            description=f"{kind.capitalize()} {self._number}",
            reference=f"invoice-{self._number}" if kind == "invoice" else None,
            effective_at=effective_at.replace(microsecond=0),
            metadata={"channel": self._random.choice(("web", "till"))} if kind == "sale" else {},
        )
        return Item(draft, Key(f"trade-{self._number}", sha256(draft.description.encode()).hexdigest()))

    def _postings(self, kind: str) -> tuple[PostingDraft, ...]:
        choose, cents = self._random.choice, self._random.randrange(100, 50_000)
        if kind in ("sale", "invoice"):
            tax = cents * _VAT_PERCENT // (100 + _VAT_PERCENT)
            debtor = BANK if kind == "sale" else choose(CUSTOMERS)
            return _posted((debtor, cents), (choose(SHOPS), tax - cents), (VAT, -tax))
        if kind == "payment":
            return _posted((BANK, cents), (choose(CUSTOMERS), -cents))
        creditor = BANK if kind == "cost" else choose(SUPPLIERS)
        return _posted((choose(COSTS), cents), (creditor, -cents))


def _posted(*amounts: tuple[str, int]) -> tuple[PostingDraft, ...]:
    return tuple(PostingDraft(account, ASSET, f"{cents / 100:.2f}") for account, cents in amounts)
