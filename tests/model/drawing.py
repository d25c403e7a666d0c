"""What the programs try: mostly what can be, and often enough what cannot."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.model.books import Books
from tests.model.legs import Leg, Legs
from tests.model.past import Times
from tests.model.spelling import SCALES, Asked, last_instant

# Every program begins with a limit on this account and something on it, and many transfers touch it.
CASH, CASH_LIMIT = "assets:cash", (0, 150)
NAMED = (
    CASH, "assets:bank:a", "assets:bank:b", "expenses:food", "liabilities:card", "income:job",
    "equity:opening",
)  # fmt: skip
# Its type cannot be told.
NAMELESS = "?:x"
DAYS = ("2026-01-01", "2026-02-28", "2026-03-01", "2026-03-31")
TRIPS = ("berlin", "oslo")
REFERENCES = ("r1", "r2", "r3")

paths = st.sampled_from([*NAMED * 8, NAMELESS])
assets = st.sampled_from([*[*SCALES] * 12, "XXX"])
known_assets = st.sampled_from([*SCALES])
days = st.sampled_from([None, *DAYS])
amounts = st.integers(-300, 300)
references = st.sampled_from([None, None, None, *REFERENCES])
trips = st.sampled_from([None, *TRIPS])
bounds = st.tuples(st.none() | st.integers(-200, 10), st.none() | st.integers(0, 200))
# Few, so that some are used twice.
keys = st.none() | st.integers(0, 30).map("key-{}".format)
ticks = st.none() | st.integers(-1, 3) | st.integers(1, 3)
prefixes = st.sampled_from([None, None, "assets", "assets:b", "assets:bank:a", "expenses:", "x"])
depths = st.none() | st.integers(1, 3)


def bound_times(books: Books) -> st.SearchStrategy[Times]:
    """Return times to look back at: days, and moments at which something took effect or was recorded."""
    effective = [*map(last_instant, DAYS), *(each.effective_at for each in books.entries)]
    recorded = [each.recorded_at for each in books.entries]
    known_at = st.none() | st.sampled_from(recorded) if recorded else st.none()
    return st.builds(Times, st.none() | st.sampled_from(effective), known_at)


@st.composite
def legs(draw: Any) -> Legs:
    """Return legs of one asset or two, most of them balanced."""
    found: list[Leg] = []
    for asset in draw(st.lists(assets, min_size=1, max_size=2, unique=True)):
        moved = draw(st.lists(st.tuples(paths, amounts), min_size=1, max_size=3))
        rest = -sum(amount for _, amount in moved) + draw(st.sampled_from([0] * 29 + [1]))
        found += [(path, asset, amount) for path, amount in moved] + [(draw(paths), asset, rest)]
    return tuple(found)


# From one account to another, which may be the same.
ends = st.sampled_from([*[CASH] * 3, *NAMED])
transfers = st.builds(
    lambda debit, credit, asset, amount: ((debit, asset, amount), (credit, asset, -amount)),
    *(ends, ends, st.sampled_from(["USD", "USD", "JPY"]), st.integers(1, 100)),
)
asked = st.builds(Asked, transfers | legs(), days, references, trips)
# Those of the second kind follow on one another: each may need what the one before it brought.
items = st.lists(st.tuples(asked, keys), min_size=1, max_size=4) | st.lists(
    st.tuples(st.builds(Asked, transfers), st.none()), min_size=2, max_size=5
)


def share(left: Legs, percent: int) -> Legs:
    """Return so much of each leg, and what rounding leaves over on the last one of its asset."""
    part: list[Leg] = []
    for asset in {leg[1]: None for leg in left}:
        mine = [(path, asset, amount * percent // 100) for path, each, amount in left if each == asset]
        last, _, _ = mine.pop()
        part += [*mine, (last, asset, -sum(leg[2] for leg in mine))]
    return tuple(leg for leg in part if leg[2])
