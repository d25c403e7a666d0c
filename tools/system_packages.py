"""Installs the programs that tests run and pip cannot bring: `python -m tools.system_packages`.

hledger reads what is exported; Chromium shows the pages. Quick and silent where both are there. Elsewhere
than on Debian, or not as root, it says what to install, and the tests that need it fail and say so too.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping

# The shell is the same browser without its windows, and takes half the time for a page.
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
# Debian's packages, and the programs any of which will do.
PACKAGES: Mapping[str, tuple[str, ...]] = {"hledger": ("hledger",), "chromium-headless-shell": BROWSERS}
TIMEOUT_S = 600

Which = Callable[[str], str | None]


def missing(which: Which = shutil.which) -> list[str]:
    """Return the packages of which no program is there."""
    return [package for package, programs in PACKAGES.items() if not any(map(which, programs))]


def commands(packages: list[str]) -> list[list[str]]:
    """Return the commands that install them."""
    install = ["apt-get", "install", "--yes", "--quiet", "--no-install-recommends", *packages]
    return [["apt-get", "update", "--quiet"], install]


def main() -> int:
    """Install what is missing; without it most tests still run, so that is no failure."""
    packages = missing()
    if not packages:
        return 0
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        print(f"Some tests need these programs: install {' and '.join(packages)}.", file=sys.stderr)
        return 0
    for command in commands(packages):
        # Quiet, unless it fails: then the whole of it helps.
        done = subprocess.run(  # noqa: S603  The commands are the ones above.
            command,
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        if done.returncode != 0:
            print(done.stdout, done.stderr, f"{' '.join(command)} failed.", sep="\n", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
