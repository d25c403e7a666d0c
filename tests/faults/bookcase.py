"""The foreign application on the stage: all it does for its database is `config.include("myapp.db")`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyramid.request import Request
from pyramid.response import Response
from sqlalchemy import func, insert, select, update

from tests.databases import Database
from tests.faults.ledger import SETTINGS
from tests.faults.stage import Exchange, Stage
from tests.faults.verdict import Manners, Trial, no_manners
from tests.lifecycle import bookcase
from tests.lifecycle.bookcase import Book, Shelf
from tests.lifecycle.site import Part, at, make_site

View = Callable[[Request], Response]
ADD, LOOK = Exchange("POST", "/add"), Exchange("GET", "/look")


def by_every_way(request: Request) -> Response:
    """Write by a flush, by Core, and inside a savepoint that is kept."""
    session = request.dbsession
    shelf = Shelf(name="new")
    session.add(shelf)
    session.flush()
    session.execute(update(Shelf.__table__).where(Shelf.__table__.c.id == 1).values(visits=1))
    with session.begin_nested():
        session.execute(insert(Book), [{"shelf_id": shelf.id}, {"shelf_id": 1}])
    return Response()


def with_an_undone_savepoint(request: Request) -> Response:
    """Undo one part and keep the other; what is pending is sent by the commit alone."""
    session = request.dbsession
    savepoint = session.begin_nested()
    session.add(Shelf(name="undone"))
    session.flush()
    savepoint.rollback()
    session.add(Shelf(name="kept"))
    return Response()


VIEWS: tuple[View, ...] = (by_every_way, with_an_undone_savepoint)


def look(request: Request) -> Response:
    """Count the shelves."""
    return Response(text=str(request.dbsession.scalar(select(func.count()).select_from(Shelf))))


def bookcase_trial(
    database: Database,
    view: Any,
    *parts: Part,
    manners: Manners = no_manners,
    exchange: Exchange = ADD,
    settings: dict[str, str] | None = None,
) -> Trial:
    """Return the trial of a view of the bookcase, in an application with more parts."""
    bookcase.build(database)
    every_part = (*parts, at("/add", view), at("/look", look))
    site = make_site(database, every_part, {**SETTINGS, **(settings or {})})
    return Trial(Stage(site.app, site.engine, database), exchange, LOOK, manners)
