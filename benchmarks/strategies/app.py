"""The work: a Pyramid application of seven views, the same for every strategy.

A view calls data functions through `strategy.run` and says `strategy.commit` when a change is complete, as
the code of an application would. It never rolls back: what happens then is the strategy's affair.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyramid.config import Configurator
from pyramid.request import Request

from benchmarks.strategies import model
from benchmarks.strategies.sessions import Strategy

View = Callable[[Request], Any]


class Midway(Exception):
    """What a request raises between the two halves of its change."""


class Views:
    """The views on one strategy; `kept` stands for any cache that holds on to a loaded object."""

    def __init__(self, strategy: Strategy) -> None:
        self.strategy = strategy
        self.kept: list[object] = []

    def read(self, request: Request) -> int:
        """Answer the balance of account 1, loaded as an object; `keep` puts the object into a cache."""
        account, balance = self.strategy.run(request, model.load_account, 1, lock=False)
        if "keep" in request.GET:
            self.kept.append(account)
        return balance

    def balance(self, request: Request) -> int:
        """Answer the balance of account 1, without an object."""
        return self.strategy.run(request, model.balance_of, 1)

    def payloads(self, request: Request) -> int:
        """Load objects, to answer how many there were."""
        first, count = int(request.GET["first"]), int(request.GET["count"])
        return len(self.strategy.run(request, model.load_payloads, first, count))

    def increment(self, request: Request) -> int:
        """Read a balance, add one in Python, and store it."""
        # The name keeps the object in the identity map, as a view that works with it would.
        _account, balance = self.strategy.run(request, model.load_account, 1, lock="lock" in request.GET)
        self.strategy.run(request, model.set_balance, 1, balance + 1)
        self.strategy.commit(request)
        return balance + 1

    def rename(self, request: Request) -> int:
        """Change a row, commit, and answer with what the row now holds."""
        account = self.strategy.run(request, model.set_balance, 1, int(request.GET["balance"]))
        self.strategy.commit(request)
        return account.balance

    def transfer(self, request: Request) -> int:
        """Move one unit between two accounts; `fail` stops between the halves."""
        self.strategy.run(request, model.move, int(request.GET["source"]), -1)
        if "fail" in request.GET:
            raise Midway
        self.strategy.run(request, model.move, int(request.GET["target"]), 1)
        self.strategy.commit(request)
        return 1

    def note(self, request: Request) -> int:
        """Add a note; `forget` leaves out the commit."""
        self.strategy.run(request, model.add_note, request.GET["body"])
        if "forget" not in request.GET:
            self.strategy.commit(request)
        return 1


def make_app(strategy: Strategy) -> Any:
    """Return the WSGI application of one strategy."""
    views = Views(strategy)
    with Configurator() as config:
        strategy.include(config)
        _add(config, "GET", views.read, views.balance, views.payloads)
        _add(config, "POST", views.increment, views.rename, views.transfer, views.note)
        return config.make_wsgi_app()


def _add(config: Configurator, method: str, *views: View) -> None:
    for view in views:
        name = view.__name__
        config.add_route(name, f"/{name}")
        config.add_view(_as_view(view), route_name=name, request_method=method, renderer="json")


def _as_view(view: View) -> View:
    # Pyramid reads the arguments of a bound method as those of a view class.
    def call(request: Request) -> Any:
        return view(request)

    return call
