"""What a process and its descendants have used, as Linux tells it below /proc."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
# In /proc/<pid>/stat, behind the name: user and system time, its own and that of its ended children.
_TIMES = slice(11, 15)


def tree(pid: int) -> list[int]:
    """Return the process and all that descend from it and still live."""
    found = [pid]
    for child in _children(pid):
        found += tree(child)
    return found


def cpu_s(pid: int) -> float:
    """Return the CPU time of the process and its descendants so far, those that have ended included."""
    # What ends meanwhile is counted with its parent the next time.
    return sum(_ticks(each) for each in tree(pid)) / _TICKS_PER_S


def resident_mib(pid: int) -> float:
    """Return how much memory of the process is in place, what it shares with others included."""
    for line in (PROC / str(pid) / "smaps_rollup").read_text().splitlines():
        name, *words = line.split()
        if name == "Rss:":
            return int(words[0]) / 1024
    raise RuntimeError(f"Nothing tells the resident memory of process {pid}.")


def _children(pid: int) -> list[int]:
    found: list[int] = []
    with suppress(FileNotFoundError, ProcessLookupError):
        for task in (PROC / str(pid) / "task").iterdir():
            found += map(int, (task / "children").read_text().split())
    return found


def _ticks(pid: int) -> int:
    try:
        text = (PROC / str(pid) / "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    # The name stands in parentheses and may hold anything, spaces and parentheses too.
    return sum(map(int, text.rpartition(")")[2].split()[_TIMES]))
