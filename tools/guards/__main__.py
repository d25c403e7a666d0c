"""`python -m tools.guards [I7 …]`: break the guards of these invariants, or of all, one after the other."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.guards.guard import Guard
from tools.guards.table import GUARDS

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("myapp", "tests", "tools", "alembic", "docs", "benchmarks", "pyproject.toml", "setup.cfg")
# pytest's exit status when tests ran and some failed; any other one proves nothing.
SOME_FAILED = 1


def main(wanted: list[str]) -> int:
    """Print a line for each guard, and return how many were broken without a test that noticed."""
    guards = [guard for guard in GUARDS if not wanted or guard.invariant in wanted]
    unnoticed = 0
    for guard in guards:
        noticed = is_noticed(guard)
        unnoticed += not noticed
        print(f"{guard.invariant:>4}  {'red' if noticed else 'NOT NOTICED'}  {guard.promise}", flush=True)
    print(f"{len(guards) - unnoticed} of {len(guards)} broken guards turned their tests red")
    return min(unnoticed, 1)


def is_noticed(guard: Guard) -> bool:
    """Break the guard in a copy, and tell whether each of its tests fails there."""
    with copied() as copy:
        guard.break_in(copy)
        return all(_run(copy, test, guard) == SOME_FAILED for test in guard.tests)


@contextmanager
def copied() -> Iterator[Path]:
    """Give a copy of the checkout, for as long as the block lasts."""
    with tempfile.TemporaryDirectory(prefix="myapp-guard-") as folder:
        for name in COPIED:
            source, target = ROOT / name, Path(folder) / name
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copyfile(source, target)
        yield Path(folder)


def _run(copy: Path, test: str, guard: Guard) -> int:
    command = [sys.executable, "-m", "pytest", "-q", "-n0", "-x", "-p", "no:cacheprovider", test]
    command += ["-W", "ignore::pytest.PytestConfigWarning"]
    environment = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    if guard.optimized:
        environment["PYTHONOPTIMIZE"] = "1"
    # Nothing in the command comes from outside but the names of our own table.
    ran = subprocess.run(command, cwd=copy, env=environment, capture_output=True, check=False)  # noqa: S603
    return ran.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
