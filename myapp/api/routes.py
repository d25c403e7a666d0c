"""The route table: one declaration a route, from which everything else is derived."""

from __future__ import annotations

from typing import Any

from myapp.api import (
    bodies,
    keys,
    ledgers,
    routes_of_the_books,
    routes_of_the_journal,
    routes_of_the_reports,
    specification,
)
from myapp.api.answers import ListOf, Root
from myapp.api.route import Route
from myapp.http.paging import PARAMETERS as PAGE
from myapp.security.keys import KeyView, MadeKey

_SERVICE: tuple[Route, ...] = (
    Route(
        "GET",
        "/v1/openapi.json",
        specification.find,
        None,
        "This description of the API, for programs.",
        budget=0,
        answer=dict[str, Any],
    ),
    Route("GET", "/v1", ledgers.root, "read", "Links and the version.", budget=0, answer=Root),
)

_KEYS: tuple[Route, ...] = (
    Route(
        "POST",
        "/v1/keys",
        keys.create,
        "admin",
        "Make an API key; its secret is shown this once.",
        budget=2,
        body=bodies.KeyBody,
        idempotent=True,
        own_share=True,
        answer=MadeKey,
        status=201,
        codes=("ledger_not_found",),
    ),
    Route(
        "GET",
        "/v1/keys",
        keys.listed,
        "admin",
        "List API keys, the oldest first.",
        budget=1,
        parameters=PAGE,
        own_share=True,
        answer=ListOf[KeyView],
    ),
    Route(
        "DELETE",
        "/v1/keys/{key}",
        keys.revoke,
        "admin",
        "Revoke an API key.",
        budget=3,
        own_share=True,
        answer=KeyView,
    ),
)

ROUTES: tuple[Route, ...] = (
    *_SERVICE,
    *routes_of_the_books.ROUTES,
    *routes_of_the_journal.ROUTES,
    *routes_of_the_reports.ROUTES,
    *_KEYS,
)
