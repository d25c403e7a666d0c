"""REST: a route table, request and answer shapes, views of at most ten lines."""

from __future__ import annotations

from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    """Register the explorer, every route of the table, and what answers the methods it does not declare."""
    config.include("myapp.api.explorer")
    config.include("myapp.api.registration")
