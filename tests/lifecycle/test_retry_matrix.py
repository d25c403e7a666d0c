"""A conflict is met with another attempt wherever it surfaces, whatever views and veto there are.

In the stock recipe a catch-all exception view switches the retry at COMMIT off, and pyramid_tm's own
veto switches all of them off.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pyramid.config import Configurator
from pyramid.response import Response
from pyramid_retry import IBeforeRetry
from sqlalchemy.exc import OperationalError

from myapp.db import TransactionPoisoned, after_commit
from tests.lifecycle import witness
from tests.lifecycle.conflicts import CONFLICTS, PLACES, VISITS
from tests.lifecycle.conftest import Serve
from tests.lifecycle.site import Site, at

STOCK_VETO = "pyramid_tm.default_commit_veto"


def no_exception_view(config: Configurator) -> None:
    """Add nothing."""


def catch_all(config: Configurator) -> None:
    config.add_exception_view(lambda request: Response(status=500), context=Exception)


def forgive_all(config: Configurator) -> None:
    config.add_exception_view(lambda request: Response(status=200), context=Exception)


EXCEPTION_VIEWS = (no_exception_view, catch_all, forgive_all)
# Ours as it is; the one that the deployment's file asks for in vain.
VETOES = {"our veto": {}, "pyramid_tm's veto": {"tm__commit_veto": STOCK_VETO}}

CELLS = [
    pytest.param(conflict, place, views, veto, id=f"{conflict.__name__}-{place}-{views.__name__}-{name}")
    for conflict in CONFLICTS
    for place in PLACES
    for views in EXCEPTION_VIEWS
    for name, veto in VETOES.items()
]


@pytest.fixture
def dialect(request: pytest.FixtureRequest) -> str:
    """Take the product that knows the cell's conflict."""
    return str(request.node.callspec.params["kind"].dialect)


class Counted:
    """A site whose view meets a conflict in its first attempt, and what was seen of it."""

    def __init__(self, conflict: Any) -> None:
        self.conflict = conflict
        self.attempts: list[int] = []
        self.finished: list[int] = []
        self.committed: list[int] = []
        self.met: list[BaseException] = []

    def view(self, request: Any) -> Response:
        self.attempts.append(len(self.attempts))
        after_commit(request, self.committed.append, self.attempts[-1])
        self.conflict.attempt(request.dbsession, first=len(self.attempts) == 1)
        self.finished.append(self.attempts[-1])
        return Response(status=201)

    def subscribe(self, config: Configurator) -> None:
        config.add_subscriber(self._before_retry, IBeforeRetry)

    def _before_retry(self, event: Any) -> None:
        self.met.append(event.exception)
        self.conflict.give_way()


@pytest.fixture
def counted(kind: Any, place: str) -> Iterator[Counted]:
    conflict = kind(place)
    yield Counted(conflict)
    conflict.close()


@pytest.mark.parametrize(("kind", "place", "views", "veto"), CELLS)
def test_one_success_after_one_retry_applied_once(
    serve: Serve, counted: Counted, views: Any, veto: dict[str, str]
) -> None:
    site = serve(at("/", counted.view), views, counted.subscribe, **counted.conflict.settings, **veto)
    counted.conflict.prepare(site)
    assert site.ask("/") == 201
    assert (counted.attempts, counted.committed) == ([0, 1], [1])
    assert applied(site) == (1, VISITS)
    assert [code_of(error) for error in counted.met] == [counted.conflict.code]
    # Where COMMIT meets the conflict, the view of the first attempt had come to its end.
    assert counted.finished == ([0, 1] if counted.conflict.place == "COMMIT" else [1])


def applied(site: Site) -> tuple[int, int]:
    """Return how many books there are, and how many visits."""
    rows = site.rows()
    books = sum(row[0] == "book" for row in rows)
    return books, witness.visits(site.database, 1) + witness.visits(site.database, 2)


def code_of(error: BaseException) -> object:
    # An exception view that answers 200 leaves it to the poison to say what happened.
    cause = error.__cause__ if isinstance(error, TransactionPoisoned) else error
    assert isinstance(cause, OperationalError)
    return getattr(cause.orig, "sqlstate", None) or getattr(cause.orig, "sqlite_errorcode", None)
