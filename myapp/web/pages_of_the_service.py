"""The pages outside every ledger: the list of ledgers, signing in and out."""

from __future__ import annotations

from myapp.http.paging import PARAMETERS as PAGING
from myapp.web import ledgers, requests, signing_in
from myapp.web.page import Page

PAGES: tuple[Page, ...] = (
    Page("ledgers", "/", ledgers.listed, "ledgers.html", "Choose a ledger.", 1, parameters=PAGING),
    Page(
        "requests",
        "/requests",
        requests.show,
        "requests.html",
        "See what requests cost in the database.",
        0,
        permission="admin",
    ),
    Page(
        "sign_in",
        "/sign-in",
        signing_in.show,
        "sign_in.html",
        "Sign in with a key.",
        0,
        permission=None,
        parameters=("next",),
    ),
    Page(
        "sign_in",
        "/sign-in",
        signing_in.sign_in,
        "sign_in.html",
        "Sign in with a key.",
        1,
        permission=None,
        method="POST",
        again=signing_in.again,
    ),
    Page(
        "sign_out",
        "/sign-out",
        signing_in.sign_out,
        "sign_in.html",
        "Sign out.",
        0,
        permission=None,
        method="POST",
    ),
)
