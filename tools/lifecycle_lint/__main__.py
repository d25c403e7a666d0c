"""`python -m tools.lifecycle_lint PATH...` exits with 0 and silence, 1 and findings, or 2 and why."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tools.lifecycle_lint.check import check_file
from tools.lifecycle_lint.files import LintError, lintable


def main() -> int:
    """Print a line for each finding and return the exit status."""
    parser = argparse.ArgumentParser(prog="lifecycle_lint", description="Lint for lifecycle calls (I24).")
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a Python file or a folder")
    try:
        lines = _report(parser.parse_args().paths)
    except LintError as error:
        sys.stderr.write(f"lifecycle_lint: {error}\n")
        return 2
    sys.stdout.writelines(lines)
    return 1 if lines else 0


def _report(paths: list[Path]) -> list[str]:
    return [
        f"{path}:{finding.line}:{finding.column}: {finding.code} {finding.message}\n"
        for path in lintable(paths)
        for finding in check_file(path)
    ]


if __name__ == "__main__":
    sys.exit(main())
