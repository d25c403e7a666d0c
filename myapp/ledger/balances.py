"""The balances of many accounts: filtered, rolled up into ancestors, as of any time, with totals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, Subquery, literal, select
from sqlalchemy.orm import Session

from myapp.ledger.ancestors import ancestor
from myapp.ledger.asof import AsOf, Question, Scope, nets
from myapp.ledger.books import Book
from myapp.ledger.money import format_amount
from myapp.ledger.paging import page_of
from myapp.ledger.prefix import begins_with
from myapp.ledger.tables import Account
from myapp.ledger.views import AccountBalances, Page
from myapp.ledger.wide_sums import halves_of, sum_of


@dataclass(frozen=True, slots=True)
class Selection:
    """Which balances; `prefix` is of the path's text, `depth` counts the segments that are kept."""

    prefix: str | None = None
    account_type: str | None = None
    asset: str | None = None
    depth: int | None = None
    as_of: AsOf | None = None


def listed(
    session: Session, book: Book, selection: Selection, *, limit: int, after: str | None = None
) -> tuple[Page[AccountBalances], dict[str, str]]:
    """Return balances by account, and the totals of the whole selection; `book` has all scales."""
    asked = nets(Scope(book.id, asset=selection.asset), selection.as_of)
    chosen = _chosen(book, selection, asked).subquery("chosen")
    names = select(chosen.c.name).distinct().order_by(chosen.c.name).limit(limit + 1)
    if after is not None:
        names = names.where(chosen.c.name > after)
    page = page_of(session.scalars(names, asked.parameters).all(), limit, lambda name: (name,))
    amounts: dict[str, dict[str, str]] = {name: {} for name in page.items}
    if page.items:
        for row in session.execute(_sums_by_name(chosen, page), asked.parameters):
            amounts[row.name][row.asset] = _amount(row, book)
    items = [AccountBalances(name, by_asset) for name, by_asset in amounts.items()]
    totals = session.execute(_sums(chosen), asked.parameters).all()
    return Page(items, page.next_key), {row.asset: _amount(row, book) for row in totals}


def _chosen(book: Book, selection: Selection, asked: Question) -> Select[Any]:
    rows = asked.statement.subquery("rows")
    name: Any = Account.path
    if selection.depth is not None:
        name = ancestor(Account.path, literal(selection.depth))
    chosen = (
        select(name.label("name"), rows.c.asset, rows.c.net)
        .join(rows, rows.c.account_id == Account.id)
        .where(Account.ledger_id == book.id)
    )
    if selection.prefix:
        chosen = chosen.where(begins_with(Account.path, selection.prefix))
    if selection.account_type is not None:
        chosen = chosen.where(Account.type == selection.account_type)
    return chosen


def _amount(row: Any, book: Book) -> str:
    return format_amount(sum_of(row), book.scales[row.asset])


def _sums_by_name(chosen: Subquery, page: Page[str]) -> Select[Any]:
    return (
        select(chosen.c.name, chosen.c.asset, *halves_of(chosen.c.net))
        .where(chosen.c.name >= page.items[0], chosen.c.name <= page.items[-1])
        .group_by(chosen.c.name, chosen.c.asset)
        .order_by(chosen.c.name, chosen.c.asset)
    )


def _sums(chosen: Subquery) -> Select[Any]:
    summed = select(chosen.c.asset, *halves_of(chosen.c.net)).group_by(chosen.c.asset)
    return summed.order_by(chosen.c.asset)
