"""Find Debian's Chromium, and start it so that it talks to nobody but the page it is given."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

from tools.system_packages import BROWSERS

# As root, Chromium has no sandbox; the rest keeps it from calling its makers at every start.
_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def executable() -> str:
    """Return where Chromium is.

    Raises:
        AssertionError: it is not installed; the message says how to install it.
    """
    for name in BROWSERS:
        if found := shutil.which(name):
            return found
    raise AssertionError(
        "The browser tests need Chromium: `make system-packages` installs Debian's, where it may."
    )


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start a browser, and end it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=list(_ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()
