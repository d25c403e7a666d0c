"""`request.dbsession`: made when first touched, joined at once, gone when the request is."""

from __future__ import annotations

from functools import partial

from pyramid.config import Configurator
from pyramid.request import Request
from transaction.interfaces import NoTransaction

from myapp.db.errors import SessionUnavailable
from myapp.db.joining import join
from myapp.db.mode import mode_for
from myapp.db.nesting import refuse_inside_another
from myapp.db.owner import Mode
from myapp.db.session import OwnedSession, SessionFactory
from myapp.db.tm import RequestTransactionManager


def includeme(config: Configurator) -> None:
    """Add `request.dbsession`; `registry["dbsession_factory"]` must be there."""
    config.add_request_method(_open_session, "dbsession", reify=True)


def _open_session(request: Request) -> OwnedSession:
    manager: RequestTransactionManager = request.tm
    try:
        manager.get()
    except NoTransaction:
        raise SessionUnavailable(
            "request.dbsession exists only while the request's transaction is open: not in a tween above "
            "pyramid_tm, a response or finished callback, or a streaming body. Use unit_of_work() there."
        ) from None
    manager.admit_session()
    mode = mode_for(request)
    if mode is Mode.WRITE:
        refuse_inside_another(request)
    factory: SessionFactory = request.registry["dbsession_factory"]
    session = factory(mode)
    join(session, manager)
    request.add_finished_callback(partial(_end, manager))
    return session


def _end(manager: RequestTransactionManager, request: Request) -> None:
    # Normally the tween has ended it already. A BaseException (SystemExit in a view) passes the tween by,
    # and would leave the connection idle in transaction.
    if manager.is_open:
        request.environ.pop("tm.active", None)
        request.environ.pop("tm.manager", None)
        manager.abort()
