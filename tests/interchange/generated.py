"""Books that beancount generates: each made once for a test process, with the balances that it computes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import pytest

from myapp.interchange.demo import demo_journal
from tests.interchange.journal_data import Balances, beancount_balances

# Other numbers of the same kind of books, so that a third would hardly tell more.
every_seed = pytest.mark.parametrize("seed", [1, 2])


@dataclass(frozen=True)
class Generated:
    """A journal in beancount's language, and the balances that its own loader arrives at."""

    journal: bytes
    balances: Balances


@cache
def generated(seed: int) -> Generated:
    """Return the books of a seed; each takes two processes, which begin slowly."""
    journal = demo_journal(seed)
    return Generated(journal, beancount_balances(journal.decode()))
