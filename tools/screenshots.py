"""Take the README's screenshots: the main pages with the demo books, in one window size, light.

`make screenshots` runs it. The books come from a seed, so only what the pages themselves show can change.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from playwright.sync_api import Page

from myapp.web.pages import PAGES
from tests.browser.chromium import chromium
from tests.browser.conftest import run
from tests.serving import ROOT, Server, served

FOLDER = ROOT / "docs" / "screenshots"
WINDOW = {"width": 1280, "height": 800}
# What is shown, by the name of its page in the table; one that the table does not have is left out.
SHOWN = {
    "overview": "/ledgers/demo",
    "journal": "/ledgers/demo/journal?q=groceries",
    "register": "/ledgers/demo/accounts/Assets:US:BofA:Checking",
    "new": "/ledgers/demo/new",
    "income_statement": "/ledgers/demo/reports/income-statement",
}


def main() -> None:
    """Serve the demo books on a database that is thrown away, and take a picture of each page."""
    known = {page.name for page in PAGES}
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="myapp-screenshots-") as folder:
        url = f"sqlite:///{folder}/books.sqlite"
        run("migrate", url)
        run("demo", url)
        with served("development.ini", url, Path(folder)) as server, chromium() as browser:
            page = browser.new_page(viewport=WINDOW, color_scheme="light", locale="en-GB", timezone_id="UTC")
            for name in SHOWN.keys() & known:
                shoot(page, server, name)


def shoot(page: Page, server: Server, name: str) -> None:
    """Take the picture of one page, once it has loaded all that belongs to it."""
    page.goto(server.url(SHOWN[name]), wait_until="networkidle")
    page.screenshot(path=FOLDER / f"{name}.png", animations="disabled")


if __name__ == "__main__":
    main()
