"""Books in which everything has happened that can: limits, states, reversals, changed metadata, holds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from webtest import TestApp

from myapp.db import unit_of_work
from myapp.ledger.drafts import PostingDraft, TransactionDraft
from myapp.ledger.holds import placing
from tests.interchange.imports import ADDRESS

USD, JPY = {"code": "USD", "scale": 2, "name": "Dollar"}, {"code": "JPY", "scale": 0}


def fill(app: TestApp, address: str = ADDRESS) -> None:
    """Use every route that writes into a ledger."""
    for asset in (USD, JPY):
        _post(app, f"{address}/assets", asset)
    limits = {"USD": {"min": "-500", "max": "5000.50"}, "JPY": {"max": "1"}}
    _post(
        app,
        f"{address}/accounts",
        {"path": "assets:cash", "limits": limits, "metadata": {"b": "1", "aa": "2"}},
    )
    _post(
        app,
        f"{address}/accounts",
        {"path": "what:ever", "type": "liability", "limits": {"USD": {"min": "0"}}},
    )
    _post(app, f"{address}/accounts", {"path": "equity:unused"})
    made = [_post(app, f"{address}/transactions", transfer(number)) for number in range(8)]
    _post(app, f"{address}/transactions/{made[2]['id']}/reverse", {"description": "Undone"})
    undone = _post(app, f"{address}/transactions/{made[3]['id']}/reverse", {"effective_at": "1999-12-31"})
    _post(app, f"{address}/transactions/{undone['id']}/reverse", {"metadata": {"why": "again"}})
    for change in ({"trip": "rome", "new": "é"}, {"trip": None}):
        app.patch_json(f"{address}/transactions/{made[0]['id']}", {"metadata": change}, status=200)
    _fill_holds(app, address)
    frozen = {"status": "frozen", "limits": {"USD": {"max": "1"}}, "metadata": {"x": "y"}}
    app.patch_json(f"{address}/accounts/expenses:food", frozen, status=200)
    app.patch_json(f"{address}/accounts/equity:unused", {"status": "closed"}, status=200)
    settings = {"description": "Living", "metadata": {"z": "1", "a": "2"}}
    app.patch_json(address, settings, status=200)


def transfer(number: int, *, credit: str = "assets:cash", debit: str = "expenses:food") -> dict[str, Any]:
    """Return one of a few transactions; an account may occur twice in it, in two assets."""
    amount = f"{number + 1}.25"
    postings = [
        {"account": debit, "asset": "USD", "amount": amount},
        {"account": credit, "asset": "USD", "amount": f"-{amount}"},
        {"account": debit, "asset": "USD", "amount": "0.01"},
        {"account": "income:found", "asset": "USD", "amount": "-0.01"},
        {"account": debit, "asset": "JPY", "amount": str(number + 1)},
        {"account": "income:found", "asset": "JPY", "amount": str(-number - 1)},
    ]
    more = {"description": f"Lunch {number}\n\u2028", "metadata": {"trip": "berlin", "n": str(number)}}
    return {
        "postings": postings,
        "reference": f"r-{number}",
        "effective_at": f"2026-01-{30 - number:02}",
        **more,
    }


def held(amount: str, **more: Any) -> dict[str, Any]:
    postings = [
        {"account": "assets:bank", "asset": "USD", "amount": amount},
        {"account": "assets:cash", "asset": "USD", "amount": f"-{amount}"},
    ]
    return {"postings": postings, "metadata": {"held": "yes"}, **more}


def _fill_holds(app: TestApp, address: str) -> None:
    holds = f"{address}/holds"
    _post(app, holds, held("3.00", reference="kept", expires_at="9999-12-31"))
    for ending in ({}, {"postings": held("1.00")["postings"], "final": False}):
        one = _post(app, holds, held("4.00", description="Captured"))
        _post(app, f"{holds}/{one['id']}/capture", ending)
    _post(app, f"{holds}/{one['id']}/capture", {"postings": held("0.50")["postings"], "final": False})
    voided = _post(app, holds, held("5.00"))
    app.post_json(f"{holds}/{voided['id']}/void", {}, status=200)
    # A hold whose time is over, and which nobody has swept away yet.
    at = datetime.now(UTC) - timedelta(seconds=1)
    with unit_of_work(app.app.registry["dbsession_factory"]) as session:
        postings = tuple(PostingDraft(**each) for each in held("6.00")["postings"])
        earlier = at - timedelta(seconds=1)
        draft = TransactionDraft(postings, description="Lapsed", effective_at=at)
        placing.place(session, address.rpartition("/")[2], draft, now=earlier, actor="test", expires_at=at)


def _post(app: TestApp, address: str, body: Any) -> Any:
    return app.post_json(address, body, status=201).json
