"""Who else stands by when a transaction ends: synchronizers, data managers, listeners, upper tweens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyramid.config import Configurator
from pyramid.response import Response
from sqlalchemy import event

from myapp.db import ConcurrencyConflict
from tests.lifecycle.upper_tween import upper_tween
from tests.lifecycle.writes import core_update


def conflict(*_: Any) -> None:
    """Meet a conflict, for which a request is repeated as long as nothing was kept."""
    raise ConcurrencyConflict("somebody else was faster")


def fault(*_: Any) -> None:
    """Meet an error for which nothing is repeated."""
    raise ValueError("the queue is away")


def silence(*_: Any) -> None:
    """Meet nothing."""


class Synchronizer:
    """Hears of the transaction's end, and then does as it was told."""

    def __init__(self, after: Callable[..., None]) -> None:
        self.after = after

    def newTransaction(self, transaction: Any) -> None:
        pass

    def beforeCompletion(self, transaction: Any) -> None:
        pass

    def afterCompletion(self, transaction: Any) -> None:
        self.after()


class DataManager:
    """Joins the transaction beside the session, and acts up at one step of its end."""

    transaction_manager = None

    def __init__(
        self,
        *,
        key: str = "a",
        vote: Callable[..., None] = silence,
        finish: Callable[..., None] = silence,
    ) -> None:
        self._key = key
        self.tpc_vote = vote
        self.tpc_finish = finish
        self.abort = self.tpc_begin = self.commit = self.tpc_abort = silence

    def sortKey(self) -> str:
        return self._key


def visiting(stand_by: Callable[[Any], object] = id, status: int = 200) -> Callable[[Any], Response]:
    """Return a view that counts a visit, lets somebody stand by, and answers."""

    def view(request: Any) -> Response:
        core_update(request.dbsession)
        stand_by(request)
        return Response(status=status)

    return view


def listening(name: str, listener: Callable[..., None]) -> Callable[[Any], object]:
    """Return what hangs a listener on the session."""
    return lambda request: event.listen(request.dbsession, name, listener)


def synchronized(after: Callable[..., None]) -> Callable[[Any], object]:
    """Return what registers a synchronizer; the manager holds it weakly, so the request keeps it."""

    def stand_by(request: Any) -> None:
        request.synchronizer = Synchronizer(after)
        request.tm.registerSynch(request.synchronizer)

    return stand_by


def joined(**options: Any) -> Callable[[Any], object]:
    """Return what joins another data manager to the transaction."""
    return lambda request: request.tm.get().join(DataManager(**options))


def forgiving(config: Configurator) -> None:
    """Answer 200 to every error there is."""
    config.add_exception_view(lambda request: Response("never mind"), context=Exception)


def conflict_above(config: Configurator) -> None:
    """Meet a conflict in a tween above the transaction's."""
    upper_tween(after=conflict)(config)
