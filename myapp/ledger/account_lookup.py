"""Look one account up, with its balances: now, or as of an effective and a recorded time."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, bindparam, select
from sqlalchemy.orm import Session

from myapp.ledger import rules
from myapp.ledger.asof import AsOf, Scope, totals_as_of
from myapp.ledger.core import ACCOUNT, BALANCE
from myapp.ledger.errors import AccountNotFound, LedgerNotFound
from myapp.ledger.holds.expiry import lapsed
from myapp.ledger.limits import format_limits
from myapp.ledger.money import format_amount
from myapp.ledger.tables import Asset, Ledger, table_of
from myapp.ledger.types import Instant
from myapp.ledger.views import AccountView, BalanceView

_LEDGER, _ASSET = table_of(Ledger), table_of(Asset)


def find(
    session: Session, ledger: str, path: str, as_of: AsOf | None = None, *, now: datetime
) -> AccountView:
    """Return an account with its balances, now or as of an effective and a recorded time.

    What is held by expired holds is pending no more, whether or not it was given back yet.

    Raises:
        LedgerNotFound, AccountNotFound: there is none.
    """
    # A path that could not be opened is asked for like any other, and not found.
    asked = {"ledger": ledger, "path": unicodedata.normalize("NFC", path), "now": now}
    rows = session.execute(_FOUND, asked).all()
    if not rows:
        raise LedgerNotFound(f"There is no ledger {ledger!r}.")
    account = rows[0]
    if account.path is None:
        raise account_not_found(path)
    balances = [row for row in rows if row.asset is not None]
    shown = _shown(balances) if as_of is None else _then(session, balances, as_of)
    return view_of(account, limits_of(account, balances), shown)


def _found() -> Select[Any]:
    account = and_(ACCOUNT.c.ledger_id == _LEDGER.c.id, ACCOUNT.c.path == bindparam("path"))
    balance = and_(BALANCE.c.ledger_id == ACCOUNT.c.ledger_id, BALANCE.c.account_id == ACCOUNT.c.id)
    asset = and_(_ASSET.c.ledger_id == BALANCE.c.ledger_id, _ASSET.c.code == BALANCE.c.asset)
    of_account = [ACCOUNT.c[name] for name in ("ledger_id", "path", "type", "status", "created_at")]
    totals = [BALANCE.c[name] for name in ("debits", "credits", "pending_debits", "pending_credits")]
    lapsed_debits, lapsed_credits = lapsed(bindparam("now", type_=Instant()))
    return (
        select(
            *of_account,
            ACCOUNT.c.id.label("account_id"),
            ACCOUNT.c.metadata.label("metadata_"),
            BALANCE.c.asset,
            *totals,
            BALANCE.c.version,
            BALANCE.c.lowest,
            BALANCE.c.highest,
            _ASSET.c.scale,
            lapsed_debits.label("lapsed_debits"),
            lapsed_credits.label("lapsed_credits"),
        )
        .select_from(_LEDGER.outerjoin(ACCOUNT, account).outerjoin(BALANCE, balance).outerjoin(_ASSET, asset))
        .where(_LEDGER.c.name == bindparam("ledger"))
        .order_by(BALANCE.c.asset)
    )


# The ledger, the account and a row for each of its balances, in one statement that is made once.
_FOUND = _found()


def _shown(balances: Sequence[Any]) -> dict[str, BalanceView]:
    return {
        each.asset: _balance(
            each,
            debits=each.debits,
            credits_=each.credits,
            pending_debits=each.pending_debits - each.lapsed_debits,
            pending_credits=each.pending_credits - each.lapsed_credits,
            version=each.version,
        )
        for each in balances
    }


def _balance(
    found: Any, *, debits: int, credits_: int, pending_debits: int = 0, pending_credits: int = 0, version: int
) -> BalanceView:
    net = debits - credits_
    on_normal_side = 1 if rules.normal_side(found.type) == "debit" else -1
    leaving = pending_credits if on_normal_side == 1 else pending_debits
    scale = found.scale
    return BalanceView(
        balance=format_amount(net, scale),
        normal_balance=format_amount(on_normal_side * net, scale),
        available=format_amount(on_normal_side * net - leaving, scale),
        debits=format_amount(debits, scale),
        credits=format_amount(credits_, scale),
        pending_debits=format_amount(pending_debits, scale),
        pending_credits=format_amount(pending_credits, scale),
        version=version,
    )


def _then(session: Session, balances: Sequence[Any], as_of: AsOf) -> dict[str, BalanceView]:
    if not balances:
        return {}
    scope = Scope(balances[0].ledger_id, balances[0].account_id)
    totals = totals_as_of(session, scope, as_of)
    views = {}
    for each in balances:
        debits, credits_, version = totals.get((each.account_id, each.asset), (0, 0, 0))
        # Versions count on the recorded axis: what is known now has the newest, whenever it took effect.
        known = each.version if as_of.known_at is None else version or 0
        # Holds are a thing of the present: nothing was pending in the past that still matters.
        views[each.asset] = _balance(each, debits=debits, credits_=credits_, version=known)
    return views


def limits_of(account: Any, balances: Sequence[Any]) -> dict[str, dict[str, str]]:
    """Return the limits of an account by asset, of rows with `lowest`, `highest` and the asset's scale."""
    limits = {
        each.asset: format_limits((each.lowest, each.highest), account.type, each.scale) for each in balances
    }
    return {asset: given for asset, given in limits.items() if given}


def account_not_found(path: str) -> AccountNotFound:
    """Return the refusal of a path that the ledger does not know."""
    return AccountNotFound(f"The ledger has no account {path!r}.")


def view_of(
    account: Any, limits: Mapping[str, Mapping[str, str]], balances: Mapping[str, BalanceView] | None
) -> AccountView:
    """Return what is shown of an account; `balances` None leaves them out."""
    return AccountView(
        path=account.path,
        type=account.type,
        normal_side=rules.normal_side(account.type),
        status=account.status,
        limits=limits,
        metadata=account.metadata_,
        created_at=account.created_at,
        balances=balances,
    )
