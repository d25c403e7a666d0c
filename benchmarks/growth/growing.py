"""Grow the books once, keep a copy at each size, and measure all copies side by side."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from benchmarks.effort import FULL, QUICK, SEED, Effort
from benchmarks.growth import stores
from benchmarks.growth.exports import Exported, export_all
from benchmarks.growth.generator import LEDGER, extend, found
from benchmarks.growth.measuring import Samples, read_samples, write_samples
from benchmarks.growth.places import Place
from benchmarks.growth.stores import Store
from benchmarks.growth.trade import Trade
from myapp.cli import bar
from myapp.db import Mode, throwaway
from myapp.ledger.verifying import verify

# How many postings, smallest first; what is neither effort is a trial of the benchmark itself.
SIZES: Mapping[Effort, tuple[int, ...]] = {
    FULL: (1_000, 10_000, 100_000, 1_000_000),
    QUICK: (1_000, 30_000),
}
_TRIAL_SIZES = (200, 400)


@dataclass(frozen=True)
class Grown:
    """What was found on one product; exports and the check are those of the largest books."""

    sizes: tuple[int, ...]
    samples: Samples
    exports: Mapping[str, Exported]
    growing_s: float
    verifying_s: float

    @property
    def smallest(self) -> int:
        """The first size."""
        return self.sizes[0]

    @property
    def largest(self) -> int:
        """The last size."""
        return self.sizes[-1]


@cache
def grown(dialect: str, effort: Effort) -> Grown:
    """Grow and measure, once for all the rows that tell of it.

    Raises:
        RuntimeError: the books do not add up in the end, or something was answered with an error.
    """
    sizes = SIZES.get(effort, _TRIAL_SIZES)
    trade = Trade(SEED, datetime.now(UTC))
    with ExitStack() as stack:
        store = stack.enter_context(stores.opened(dialect))
        began_s = time.monotonic()
        urls = _grow(store, trade, sizes)
        growing_s = time.monotonic() - began_s
        samples = _samples(store, urls, effort, trade.start)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="growth-export-")))
        exports = export_all(store.url, folder)
        return Grown(sizes, samples, exports, growing_s, _verified_s(store.url))


def _grow(store: Store, trade: Trade, sizes: tuple[int, ...]) -> dict[int, str]:
    found(store.url)
    urls, written = {}, 0
    with bar.shown("Postings") as watched:
        watched.start("Postings", sizes[-1])
        for size in sizes:
            extend(store.url, trade, size - written, watched.advance)
            written = size
            urls[size] = store.url if size == sizes[-1] else store.keep(f"of_{size}")
    return urls


def _samples(store: Store, urls: Mapping[int, str], effort: Effort, start: datetime) -> Samples:
    for url in urls.values():
        store.settle(url)
    with ExitStack() as stack:
        places = {size: stack.enter_context(closing(Place(url, start))) for size, url in urls.items()}
        reads = read_samples(places, effort)
        # After the reads, because they make small books a good deal larger.
        return {**reads, **write_samples(places, effort)}


def _verified_s(url: str) -> float:
    began_s = time.monotonic()
    with throwaway(url, mode=Mode.READ) as session:
        for check in verify(session, LEDGER).checks:
            if not check.ok:
                raise RuntimeError(f"The grown books are wrong: {check}")
    return time.monotonic() - began_s
