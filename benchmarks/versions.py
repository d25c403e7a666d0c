"""The versions of what takes part in a measurement: ours, and those in the opponents' own environment."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, distributions, version
from pathlib import Path

from benchmarks.served.contenders import THEIR_SCRIPTS


def versions_of(names: Iterable[str], environment: Path = THEIR_SCRIPTS.parent) -> dict[str, str]:
    """Return the version of each distribution; what we do not have is looked for among the opponents'.

    What both have is pinned to one version (benchmarks/opponents/requirements.txt), so that ours tells both.

    Raises:
        PackageNotFoundError: neither environment has it.
    """
    return {name: _version(name, environment) for name in sorted(set(names))}


def _version(name: str, environment: Path) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        folders = [str(folder) for folder in environment.glob("lib/python*/site-packages")]
        # Without a folder it would look through ours again, and find other names than the one asked for.
        found = distributions(name=name, path=folders) if folders else ()
        for distribution in found:
            return distribution.version
        raise
