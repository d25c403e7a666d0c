"""Judge what a sweep found, and say at the end of the run how many faults were injected."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from tests.faults.sweep import Tally

Report = Callable[[Tally, int], None]

INJECTIONS = "injections"
SHOWN_MAX = 12


@pytest.fixture(autouse=True)
def nothing_waits_for_the_collector() -> Iterator[None]:
    """A connection that only garbage collection would give back is a leak: keep the collector off."""
    gc.collect()
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


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many faults of each kind were injected."""
    kinds: Counter[str] = Counter()
    for reports in terminalreporter.stats.values():
        for each in reports:
            if isinstance(each, pytest.TestReport) and each.when == "call":
                for name, value in each.user_properties:
                    if name == INJECTIONS:
                        kind, _, count = str(value).rpartition("=")
                        kinds[kind] += int(count)
    told = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    terminalreporter.write_line(f"faults: {kinds.total()} injected ({told or 'none'})")
