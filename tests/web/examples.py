"""A request for every page, on the books of `tests.faults.examples`; a page without an example fails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from webtest import TestApp

from myapp.web.page import Page
from myapp.web.pages import PAGES
from tests.faults.examples import JOURNAL
from tests.faults.stage import Exchange

Pairs = Sequence[tuple[str, str]]

# The token of a visit is in a cookie and in the form; a server that knows neither compares the two.
TOKEN = "5ca1ab1e" * 5
ONCE = "page-01980000-0000-7000-8000-00000000000a"

# What is sent to the pages that take forms, beside the token and the form's key.
FORMS: dict[str, Pairs] = {
    # A wrong key: whoever has a right one is signed in, but a page for everybody must do no more than that.
    "sign_in": [("key", "myapp_wrong"), ("next", "/")],
    "sign_out": [],
    "new": [
        ("account", "expenses:tea:green"),
        ("asset", "USD"),
        ("amount", "3.20"),
        ("account", "assets:cash"),
        ("asset", "USD"),
        ("amount", "-3.20"),
        ("description", "Tea"),
        ("reference", "tea-1"),
        ("key", "trip"),
        ("value", "berlin"),
    ],
    "reverse": [("description", "A mistake")],
    "hold": [("do", "capture")],
    "import": [("format", "hledger-json")],
    "trial": [("format", "hledger-json")],
}

# Those that answer with a file.
DOWNLOADS = ("export", "balance_sheet_file", "income_statement_file", "trial_balance_file")
OPENED = tuple(page for page in PAGES if page.method == "GET" and page.name not in DOWNLOADS)
SENT = tuple(page for page in PAGES if page.method == "POST")
# Those that write: what is outside every ledger touches no more than cookies.
WRITING = tuple(page for page in SENT if "{ledger}" in page.path and page.keeps)


def name(page: Page) -> str:
    """Return what a test of the page is called."""
    return f"{page.method} {page.name}"


def address(page: Page, ids: Mapping[str, str], ledger: str = "books") -> str:
    """Return where the page is, with each placeholder filled by something that exists."""
    url = page.path.replace("{ledger}", ledger).replace("{path:.*}", "assets:cash")
    url = url.replace("{format}", "ndjson")
    for placeholder, value in ids.items():
        url = url.replace(placeholder, value)
    assert "{" not in url, f"{page.path} has a placeholder that no example fills."
    return url


def exchange(
    page: Page, ids: Mapping[str, str], *, key: str | None = None, token: str = TOKEN, ledger: str = "books"
) -> Exchange:
    """Return a request for the page that would succeed, from a visitor who signed in with `key`."""
    cookies = [f"csrf_token={TOKEN}"] + ([f"myapp_key={key}"] if key else [])
    headers = {"Cookie": "; ".join(cookies), "Accept": "text/html"}
    if page.method == "GET":
        return Exchange("GET", address(page, ids, ledger), headers=headers)
    fields = [("csrf_token", token), ("once", ONCE), *FORMS[page.name]]
    body, media_type = urlencode(fields).encode(), page.media_type
    if media_type == "multipart/form-data":
        media_type, body = TestApp(None).encode_multipart(fields, [("file", "journal.json", JOURNAL)])
    # A form that writes carries its key; the others may be sent again just so.
    url = address(page, ids, ledger)
    return Exchange(page.method, url, body, media_type, headers, can_be_repeated=True)
