"""Which files are linted: every Python file under the paths, except those of `myapp.db` itself."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

_EXEMPT = "myapp.db"


class LintError(Exception):
    """The lint cannot do its work; its message is for the terminal."""


def lintable(paths: Iterable[Path]) -> list[Path]:
    """Return the files to lint, in order.

    Raises:
        LintError: a path does not exist, or has nothing to lint: a lint over nothing must not be green.
    """
    return sorted({file for path in paths for file in _under(path)})


def module_name(file: Path) -> str:
    """Return the dotted name of a module, read off the packages that its folder stands in."""
    file = file.resolve()
    names = [] if file.stem == "__init__" else [file.stem]
    folder = file.parent
    while (folder / "__init__.py").exists():
        names.append(folder.name)
        folder = folder.parent
    return ".".join(reversed(names))


def _under(path: Path) -> list[Path]:
    if not path.exists():
        raise LintError(f"{path} does not exist.")
    files = [path] if path.is_file() else path.rglob("*.py")
    kept = [file for file in files if not _is_exempt(file)]
    if not kept:
        raise LintError(f"{path} has no Python file to lint outside {_EXEMPT}.")
    return kept


def _is_exempt(file: Path) -> bool:
    # By the module's name, not by the path: a checkout in a folder named myapp/db is still linted.
    return f"{module_name(file)}.".startswith(f"{_EXEMPT}.")
