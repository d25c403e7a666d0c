"""The route table: one declaration a route, from which everything else is derived."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from myapp.api import (
    accounts,
    assets,
    balances,
    batches,
    bodies,
    imports,
    ledgers,
    statements,
    transactions,
    verify,
)
from myapp.api.answer import Answer
from myapp.http.paging import PARAMETERS as PAGE
from myapp.http.request import Request

View = Callable[..., Answer]

LEDGER = "/v1/ledgers/{ledger}"
ACCOUNT = LEDGER + "/accounts/{path:.*}"


@dataclass(frozen=True, slots=True)
class Route:
    """A method on a path: who may call it, what it reads, what it costs.

    A body is decoded as the struct `body`, or read by `reader` where it is no JSON of ours; both happen
    before the database is asked for anything. `bytes_max` names the setting that limits its size. `budget` is
    the most statements that the view may send.
    The answers of `idempotent` routes are remembered by their key; posting does that in its own write.
    """

    method: str
    path: str
    view: View
    permission: str
    doc: str
    budget: int
    body: type | None = None
    # Whether no body at all means an empty object.
    body_optional: bool = False
    reader: Callable[[Request, bytes], Any] | None = None
    media_types: tuple[str, ...] = ("application/json",)
    bytes_max: str = "body_bytes_max"
    parameters: tuple[str, ...] = ()
    idempotent: bool = False


AS_OF = ("at", "known_at")

ROUTES: tuple[Route, ...] = (
    Route("GET", "/v1", ledgers.root, "read", "Links and the version.", budget=0),
    Route(
        "POST",
        "/v1/ledgers",
        ledgers.create,
        "admin",
        "Make a ledger, with its first assets.",
        budget=4,
        body=bodies.LedgerBody,
        idempotent=True,
    ),
    Route("GET", "/v1/ledgers", ledgers.listed, "read", "List ledgers by name.", budget=1, parameters=PAGE),
    Route("GET", LEDGER, ledgers.find, "read", "Show a ledger.", budget=1),
    Route(
        "PATCH",
        LEDGER,
        ledgers.change,
        "admin",
        "Change description, strictness or metadata.",
        budget=2,
        body=bodies.LedgerChange,
    ),
    Route(
        "POST",
        LEDGER + "/assets",
        assets.declare,
        "write",
        "Declare an asset.",
        budget=2,
        body=bodies.AssetBody,
        idempotent=True,
    ),
    Route(
        "GET", LEDGER + "/assets", assets.listed, "read", "List assets by code.", budget=2, parameters=PAGE
    ),
    Route(
        "POST",
        LEDGER + "/accounts",
        accounts.create,
        "write",
        "Open an account.",
        budget=7,
        body=bodies.AccountBody,
        idempotent=True,
    ),
    Route(
        "GET",
        LEDGER + "/accounts",
        accounts.listed,
        "read",
        "List accounts by path, without balances.",
        budget=3,
        parameters=("prefix", "type", "status", *PAGE),
    ),
    Route(
        "GET",
        ACCOUNT,
        accounts.find,
        "read",
        "Show an account with its balances.",
        budget=4,
        parameters=AS_OF,
    ),
    Route(
        "PATCH",
        ACCOUNT,
        accounts.change,
        "write",
        "Change limits, status or metadata.",
        budget=7,
        body=bodies.AccountChange,
    ),
    Route(
        "POST",
        LEDGER + "/transactions",
        transactions.create,
        "write",
        "Post a transaction.",
        budget=9,
        body=bodies.TransactionBody,
        parameters=("dry_run",),
    ),
    Route(
        "POST",
        LEDGER + "/transactions/batch",
        batches.create,
        "write",
        "Post up to a thousand transactions: all or none (atomic), or each alone.",
        budget=24,
        body=bodies.BatchBody,
        bytes_max="batch_bytes_max",
        idempotent=True,
    ),
    Route(
        "GET",
        LEDGER + "/transactions",
        transactions.listed,
        "read",
        "List transactions, newest first.",
        budget=3,
        parameters=("account", "asset", "from", "to", "reference", "metadata.", "q", "order", *PAGE),
    ),
    Route("GET", LEDGER + "/transactions/{id}", transactions.find, "read", "Show a transaction.", budget=3),
    Route(
        "PATCH",
        LEDGER + "/transactions/{id}",
        transactions.change,
        "write",
        "Change a transaction's metadata.",
        budget=7,
        body=bodies.MetadataChange,
    ),
    Route(
        "POST",
        LEDGER + "/transactions/{id}/reverse",
        transactions.reverse,
        "write",
        "Reverse a transaction: post its opposite, effective now unless the body says when. Once at most.",
        budget=8,
        body=bodies.ReversalBody,
        body_optional=True,
        idempotent=True,
    ),
    Route(
        "GET",
        LEDGER + "/statement",
        statements.read,
        "read",
        "Show an account's statement in effective order. Its pages show what was recorded before the first.",
        budget=5,
        parameters=("account", "asset", "from", "to", *PAGE),
    ),
    Route(
        "GET",
        LEDGER + "/balances",
        balances.listed,
        "read",
        "List balances by account, with totals.",
        budget=4,
        parameters=("prefix", "depth", "type", "asset", *AS_OF, *PAGE),
    ),
    Route(
        "GET",
        LEDGER + "/verify",
        verify.verify,
        "read",
        "Recompute the books from their postings, and name every row that is wrong.",
        budget=36,
    ),
    Route(
        "POST",
        LEDGER + "/import",
        imports.create,
        "write",
        "Import a journal, whole or not at all.",
        budget=1_000_000,
        parameters=("format", "dry_run", "default_type", "default_asset"),
        media_types=("application/json", "text/plain", "text/csv", "application/x-ndjson"),
        reader=imports.read,
        bytes_max="import_bytes_max",
        idempotent=True,
    ),
)
