"""One guard: what it promises, the words that keep it, the words that break it, and who must notice."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Guard:
    """`kept` stands once in `file`; with `broken` in its place every one of `tests` must fail."""

    invariant: str
    promise: str
    file: str
    kept: str
    broken: str
    tests: tuple[str, ...]
    # Run as `python -O` runs the application: without its assertions.
    optimized: bool = False

    def is_in_place(self, root: Path) -> bool:
        """Tell whether the words that keep the promise stand exactly once where the table says."""
        return (root / self.file).read_text().count(self.kept) == 1

    def break_in(self, root: Path) -> None:
        """Break the guard in a copy of the project."""
        path = root / self.file
        path.write_text(path.read_text().replace(self.kept, self.broken))
