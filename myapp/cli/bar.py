"""A progress bar on standard error, which may be a terminal while standard output is a file."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress


class Bar:
    """What is shown, or nothing at all where nobody watches."""

    def __init__(self, rich: Progress | None) -> None:
        self._rich = rich
        self._task = None if rich is None else rich.add_task("", total=None)

    @property
    def is_watched(self) -> bool:
        """Tell whether somebody sees it, so that it is worth counting what there is to do."""
        return self._rich is not None

    def start(self, label: str, total: int | None = None) -> None:
        """Start at zero with other work; without a total, nobody knows yet how much it is."""
        if self._rich is not None and self._task is not None:
            self._rich.reset(self._task, description=label, total=total)

    def advance(self, by: int = 1) -> None:
        """Show that more is done."""
        if self._rich is not None and self._task is not None:
            self._rich.advance(self._task, by)

    def reach(self, completed: int) -> None:
        """Show that this much is done in all."""
        if self._rich is not None and self._task is not None:
            self._rich.update(self._task, completed=completed)


@contextmanager
def shown(label: str) -> Iterator[Bar]:
    """Show a bar until the block ends, if standard error is a terminal."""
    if not sys.stderr.isatty():
        yield Bar(None)
        return
    # It takes a tenth of a second to import, which nobody needs to wait for who sees no bar.
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    # It goes away at the end, so that a refusal is one line there, too.
    with Progress(*columns, console=Console(stderr=True), transient=True) as rich:
        bar = Bar(rich)
        bar.start(label)
        yield bar
