"""Assets: what a ledger counts, and with how many decimals."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from myapp.ledger import rules
from myapp.ledger.dialects import insert_or_skip
from myapp.ledger.errors import AssetExists
from myapp.ledger.ledgers import Book
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
    view = AssetView(
        rules.check_asset_code(code),
        rules.check_scale(scale),
        rules.check_text(name, NAME_CHARS_MAX, pointer="/name"),
        now,
    )
    values = {"ledger_id": book.id, "code": view.code, "scale": scale, "name": name, "created_at": now}
    if session.execute(insert_or_skip(session, Asset, values).returning(Asset.code)).first() is None:
        raise AssetExists(f"The ledger has the asset {code!r} already.", pointer="/code")
    return view


def listed(session: Session, book: Book, *, limit: int, after: str | None = None) -> Page[AssetView]:
    """Return the ledger's assets by code."""
    statement = select(Asset).where(Asset.ledger_id == book.id).order_by(Asset.code)
    if after is not None:
        statement = statement.where(Asset.code > after)
    assets = session.scalars(statement.limit(limit + 1)).all()
    views = [AssetView(asset.code, asset.scale, asset.name, asset.created_at) for asset in assets]
    return page_of(views, limit, lambda view: (view.code,))
