"""The views of accounts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from myapp.api.answer import Answer, created
from myapp.api.answer import listed as as_list
from myapp.api.bodies import AccountBody, AccountChange, LimitsBody
from myapp.http import parameters, questions
from myapp.http.paging import page_request, words
from myapp.http.request import Request
from myapp.ledger import accounts, rules
from myapp.ledger.books import open_book
from myapp.ledger.views import AccountView


def create(request: Request, body: AccountBody) -> Answer:
    """Open an account."""
    view = accounts.open_account(
        request.dbsession,
        request.matchdict["ledger"],
        body.path,
        now=request.now,
        account_type=body.type,
        limits=_limits(body.limits),
        metadata=body.metadata,
    )
    return created(view, "ledgers", request.matchdict["ledger"], "accounts", view.path)


def listed(request: Request) -> Answer:
    """List accounts, without balances."""
    page = page_request(request, words)
    found = accounts.listed(
        request.dbsession,
        open_book(request.dbsession, request.matchdict["ledger"]),
        limit=page.limit,
        after=page.after[0] if page.after else None,
        prefix=parameters.path(request, "prefix"),
        account_type=parameters.choice(request, "type", rules.ACCOUNT_TYPES),
        status=parameters.choice(request, "status", rules.ACCOUNT_STATUSES),
    )
    return as_list(request, found, _without_balances)


def find(request: Request) -> Answer:
    """Show an account with its balances, now or as of a time."""
    ledger, path = request.matchdict["ledger"], request.matchdict["path"]
    return Answer(accounts.find(request.dbsession, ledger, path, questions.as_of(request), now=request.now))


def change(request: Request, body: AccountChange) -> Answer:
    """Change limits, status or metadata."""
    view = accounts.change(
        request.dbsession,
        request.matchdict["ledger"],
        request.matchdict["path"],
        now=request.now,
        limits=_limits(body.limits or {}),
        status=body.status,
        metadata=body.metadata,
    )
    return Answer(view)


def _limits(limits: Mapping[str, LimitsBody | None]) -> dict[str, dict[str, str | None]]:
    # Both bounds are always said: what a client leaves out is no limit.
    return {
        asset: {"min": given.min if given else None, "max": given.max if given else None}
        for asset, given in limits.items()
    }


def _without_balances(view: AccountView) -> Any:
    members = msgspec.to_builtins(view, builtin_types=())
    return {name: value for name, value in members.items() if name != "balances"}
