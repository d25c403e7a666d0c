"""What tests need besides Python is named once, and asked for only where it is missing."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from tools.system_packages import PACKAGES, commands, missing

ROOT = Path(__file__).parents[2]


def test_what_is_there_is_not_installed_again() -> None:
    assert missing(lambda program: f"/usr/bin/{program}") == []
    assert missing(lambda program: None if program == "hledger" else program) == ["hledger"]
    assert missing(lambda program: program if program in ("hledger", "google-chrome") else None) == []
    assert missing(lambda program: program if program == "hledger" else None) == ["chromium-headless-shell"]
    assert commands(["hledger"])[-1][-1] == "hledger"


def test_who_may_not_install_is_told_what_to_install(tmp_path: Path) -> None:
    # Without a PATH nothing is there, apt-get neither.
    done = subprocess.run(
        [sys.executable, "-m", "tools.system_packages"],
        env={"PATH": str(tmp_path)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "")
    assert all(package in done.stderr for package in PACKAGES)


def test_the_makefile_knows_it() -> None:
    assert "tools.system_packages" in (ROOT / "Makefile").read_text()
    assert shutil.which("hledger"), "make system-packages"
