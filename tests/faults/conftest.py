"""Judge what a sweep found, and note how many faults were injected, for the end of the run."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator

import pytest

from tests.faults.sweep import Tally
from tests.summaries import INJECTIONS

Report = Callable[[Tally, int], None]

SHOWN_MAX = 12


@pytest.fixture(autouse=True)
def nothing_waits_for_the_collector() -> Iterator[None]:
    """A connection that only garbage collection would give back is a leak: keep the collector off."""
    gc.collect()
    # What is there before the test needs no second look: by now it is a million objects of other tests.
    gc.freeze()
    gc.disable()
    yield
    gc.enable()


@pytest.fixture
def report(request: pytest.FixtureRequest) -> Report:
    """Return a function that fails the test for what was bad, and for too few faults."""

    def judge(tally: Tally, at_least: int) -> None:
        for kind, count in tally.kinds.items():
            request.node.user_properties.append((INJECTIONS, f"{kind}={count}"))
        assert tally.bad == [], "\n".join([f"{len(tally.bad)} bad:", *tally.bad[:SHOWN_MAX]])
        assert tally.injections >= at_least

    return judge
