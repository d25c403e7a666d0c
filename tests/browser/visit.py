"""One visitor's window: opens pages, and notes everything that a page did wrong."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Request, Response

from tests.serving import Server

WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


@dataclass
class Visit:
    """A window onto a served application; `faults` has what the console and the network complained about.

    `files` are the addresses of what was downloaded.
    """

    page: Page
    server: Server
    faults: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)

    def open(self, path: str) -> Response:
        """Open a page of the application."""
        response = self.page.goto(self.server.url(path), wait_until="load")
        assert response is not None
        return response

    def violations(self) -> list[str]:
        """Return what axe finds wrong with the open page: rule and element."""
        found = Axe().run(self.page)
        return [
            f"{violation['id']}: {node['html'][:120]}"
            for violation in found.response["violations"]
            for node in violation["nodes"]
        ]

    def is_wider_than_its_window(self) -> bool:
        """Tell whether the page scrolls sideways, which no page may on a phone."""
        return bool(
            self.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        )


@contextmanager
def visiting(browser: Browser, server: Server, **options: Any) -> Iterator[Visit]:
    """Open a window that nobody has used before; `options` are those of a browser context.

    Raises:
        AssertionError: a page broke its policy, failed in a script, or asked for what is not there.
    """
    context = browser.new_context(**{"viewport": WIDE, "locale": "en-GB", "timezone_id": "UTC", **options})
    visit = Visit(context.new_page(), server)
    # A broken policy is an error in the console, too; what a refused form answers is no fault of the page.
    visit.page.on("console", lambda message: _note(visit, message.type, message.text))
    visit.page.on("pageerror", lambda error: visit.faults.append(f"script: {error}"))
    visit.page.on("download", lambda download: visit.files.append(download.url))
    visit.page.on("requestfailed", lambda request: _note_failure(visit, request))
    try:
        yield visit
    finally:
        context.close()
    # A file ends the request for a page that it was taken for.
    kept = [f"failed: {address}" for address in visit.files]
    assert [fault for fault in visit.faults if fault not in kept] == []


def _note(visit: Visit, kind: str, text: str) -> None:
    if kind in ("error", "warning") and "Failed to load resource" not in text:
        visit.faults.append(f"console: {text}")


def _note_failure(visit: Visit, request: Request) -> None:
    # What the visitor leaves behind by a second click, or by going on, is cut off and no fault of the page.
    if request.failure != "net::ERR_ABORTED":
        visit.faults.append(f"failed: {request.url} {request.failure}")
