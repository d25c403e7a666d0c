"""A tween above the transaction's: the part of a request where no session may be used."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyramid.config import Configurator
from pyramid.request import Request

from tests.lifecycle.site import Part

Probe = Callable[[Request], object]


def tween_factory(handler: Callable[[Request], Any], registry: Any) -> Callable[[Request], Any]:
    def tween(request: Request) -> Any:
        registry["before"](request)
        response = handler(request)
        registry["after"](request)
        return response

    return tween


def upper_tween(*, before: Probe = id, after: Probe = id) -> Part:
    """Return the part of an application that calls `before` and `after` around everything else."""

    def add(config: Configurator) -> None:
        config.registry["before"] = before
        config.registry["after"] = after
        config.add_tween(f"{__name__}.tween_factory")

    return add
