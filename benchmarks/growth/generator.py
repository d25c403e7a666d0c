"""Write the books of a trade through the product's own batches, so that they are as true as any others.

`python -m benchmarks.growth.generator sqlite:///big.sqlite 1000000` makes such a database to look at; its
ledger is called `trade`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice

from benchmarks.effort import SEED
from benchmarks.growth.trade import ASSET, POSTINGS_EACH, Trade
from myapp.cli import bar
from myapp.db import DbSettings, SessionFactory, make_engine, unit_of_work
from myapp.ledger import assets, ledgers
from myapp.ledger.batches import ITEMS_MAX, Item, post_all
from myapp.ledger.books import open_book
from myapp.schema import upgrade

LEDGER = "trade"
_DECIMALS = 2
# Small books are not written in one go either: what was known halfway is less than all.
_BATCHES_MIN = 20

# Told how many more postings were written.
Progress = Callable[[int], None]


def found(url: str) -> None:
    """Make the tables, and the empty ledger with its one asset."""
    upgrade(url)
    now = datetime.now(UTC)
    with _sessions(url) as factory, unit_of_work(factory) as session:
        ledgers.create(session, LEDGER, now=now)
        assets.declare(session, open_book(session, LEDGER), ASSET, _DECIMALS, now=now)


def extend(url: str, trade: Trade, postings: int, progress: Progress) -> None:
    """Write so many more postings, over the trade's whole span; afterwards nobody is connected."""
    with _sessions(url) as factory:
        for batch in _batches(trade.items(postings), postings):
            with unit_of_work(factory) as session:
                post_all(session, LEDGER, batch, now=datetime.now(UTC), actor="growth")
            progress(sum(len(item.draft.postings) for item in batch))


@contextmanager
def _sessions(url: str) -> Iterator[SessionFactory]:
    engine = make_engine(DbSettings(engine_options={"url": url}))
    try:
        yield SessionFactory(engine)
    finally:
        engine.dispose()


def _batches(items: Iterator[Item], postings: int) -> Iterator[list[Item]]:
    size = max(1, min(ITEMS_MAX, int(postings / POSTINGS_EACH / _BATCHES_MIN)))
    while batch := list(islice(items, size)):
        yield batch


def main(url: str, postings: int) -> None:
    """Make a database of so many postings, where there is none yet, and show how far it is."""
    found(url)
    with bar.shown("Postings") as watched:
        watched.start("Postings", postings)
        extend(url, Trade(SEED, datetime.now(UTC)), postings, watched.advance)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
