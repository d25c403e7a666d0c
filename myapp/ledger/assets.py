"""Assets: what a ledger counts, and with how many decimals."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from myapp.ledger import rules
from myapp.ledger.books import Book
from myapp.ledger.dialects import insert_for, insert_or_skip
from myapp.ledger.drafts import AssetDraft
from myapp.ledger.errors import AssetExists
from myapp.ledger.paging import page_of
from myapp.ledger.tables import Asset
from myapp.ledger.views import AssetView, Page

NAME_CHARS_MAX = 255


def declare(
    session: Session, book: Book, code: str, scale: int, *, now: datetime, name: str | None = None
) -> AssetView:
    """Declare an asset; its scale, the number of decimals, can never change.

    Raises:
        InvalidRequest: the code, the scale or the name break their rules.
        AssetExists: the ledger has the asset already.
    """
    view = _checked(AssetDraft(code, scale, name), "", now)
    statement = insert_or_skip(session, Asset, _row(book, view)).returning(Asset.code)
    if session.execute(statement).first() is None:
        raise _exists(view, "")
    return view


def declare_first(session: Session, book: Book, drafts: Sequence[AssetDraft], *, now: datetime) -> None:
    """Declare the assets of a ledger that has none yet, in one statement.

    Raises:
        InvalidRequest, AssetExists: as `declare`; the pointer leads into `/assets`.
    """
    views: dict[str, AssetView] = {}
    for number, draft in enumerate(drafts):
        at = f"/assets/{number}"
        view = _checked(draft, at, now)
        if views.setdefault(view.code, view) is not view:
            raise _exists(view, at)
    if views:
        session.execute(insert_for(session, Asset), [_row(book, view) for view in views.values()])


def _checked(draft: AssetDraft, at: str, now: datetime) -> AssetView:
    return AssetView(
        rules.check_asset_code(draft.code, pointer=f"{at}/code"),
        rules.check_scale(draft.scale, pointer=f"{at}/scale"),
        rules.check_text(draft.name, NAME_CHARS_MAX, pointer=f"{at}/name"),
        now,
    )


def _row(book: Book, view: AssetView) -> dict[str, Any]:
    return {
        "ledger_id": book.id,
        "code": view.code,
        "scale": view.scale,
        "name": view.name,
        "created_at": view.created_at,
    }


def _exists(view: AssetView, at: str) -> AssetExists:
    return AssetExists(f"The ledger has the asset {view.code!r} already.", pointer=f"{at}/code")


def listed(session: Session, book: Book, *, limit: int, after: str | None = None) -> Page[AssetView]:
    """Return the ledger's assets by code."""
    statement = select(Asset).where(Asset.ledger_id == book.id).order_by(Asset.code)
    if after is not None:
        statement = statement.where(Asset.code > after)
    assets = session.scalars(statement.limit(limit + 1)).all()
    views = [AssetView(asset.code, asset.scale, asset.name, asset.created_at) for asset in assets]
    return page_of(views, limit, lambda view: (view.code,))
