"""`request.dbsession`: made when first touched, joined at once, gone when the request is."""

from __future__ import annotations

from pyramid.config import Configurator
from pyramid.request import Request

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
    if not manager.is_active:
        raise SessionUnavailable(
            "request.dbsession exists only while the request's transaction is open: not in a tween above "
            "pyramid_tm, a response or finished callback, or a streaming body. Use unit_of_work() there."
        )
    manager.require_no_session()
    mode = mode_for(request)
    if mode is Mode.WRITE:
        refuse_inside_another(request)
    factory: SessionFactory = request.registry["dbsession_factory"]
    session = factory(mode, attempts_before=request.environ.get("retry.attempt", 0))
    join(session, manager)
    manager.owner = session.owner
    return session
