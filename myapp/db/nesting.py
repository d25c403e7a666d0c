"""A request made inside another one, by `invoke_subrequest(use_tweens=True)`, must not write.

It has a transaction of its own, which would be committed although the request around it may still fail. On
SQLite it would wait for the lock that the outer one holds.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from pyramid.config import Configurator

from myapp.db.errors import LifecycleViolation
from myapp.db.tm import RequestTransactionManager

_REMEDY = (
    "A subrequest with tweens has a transaction of its own, which would be kept although this request may "
    "still fail. Call the function behind its view with this request's dbsession; a subrequest may read."
)


class _Requests(threading.local):
    """The requests that this thread is inside of, the innermost last."""

    def __init__(self) -> None:
        self.open: list[tuple[Any, RequestTransactionManager]] = []


_requests = _Requests()


def includeme(config: Configurator) -> None:
    """Keep count just above the transaction's tween, where every way out of it passes."""
    config.add_tween(
        "myapp.db.nesting.tween_factory",
        over="pyramid_tm.tm_tween_factory",
        under="myapp.db.truth.tween_factory",
    )


def tween_factory(handler: Callable[[Any], Any], registry: Any) -> Callable[[Any], Any]:
    """Return the tween that notes which requests are open in its thread."""

    def nest(request: Any) -> Any:
        # The one that it begins with: a view may put another in its place.
        manager: RequestTransactionManager = request.tm
        _requests.open.append((request, manager))
        try:
            return handler(request)
        finally:
            _requests.open.pop()
            _end(request, manager)

    return nest


def _end(request: Any, manager: RequestTransactionManager) -> None:
    # Normally the tween below has ended it already. A BaseException (SystemExit in a view) passes that tween
    # by, and would leave the connection idle in transaction.
    if manager.is_open and manager.belongs_to(request):
        request.environ.pop("tm.active", None)
        request.environ.pop("tm.manager", None)
        manager.abort()


def refuse_inside_another(request: Any) -> None:
    """Raise if the request is made inside another one, which then cannot commit either.

    Raises:
        LifecycleViolation: it is.
    """
    outer = [manager for each, manager in _requests.open if each is not request]
    for manager in outer:
        manager.remember(_REMEDY)
    if outer:
        raise LifecycleViolation(_REMEDY)
