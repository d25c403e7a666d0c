"""A request's properties on a class that is made once.

Pyramid makes a new class for each request that has properties of `add_request_method`, such as
`request.dbsession`. That is a tenth of the time of a small request, because Python keeps nothing of what it
has learned about a class for the next one, and the collector has to find each class again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyramid.config import Configurator
from pyramid.interfaces import IRequestExtensions
from pyramid.util import InstancePropertyHelper

# Where Pyramid looks for methods to bind to a request, it finds what gives the request its class.
_NAME = "_myapp_properties"
# After everything that adds properties. What is added later still, Pyramid adds to each request as ever.
_LAST = 1_000_000
# The further bases of a class that Pyramid has made for one request, by `request.set_property`. To keep that
# would keep the request.
_OF_ONE_REQUEST = (object,)


def includeme(config: Configurator) -> None:
    """Take the properties that are there in the end."""
    config.action(_NAME, lambda: _take_over(config.registry), order=_LAST)


class Properties:
    """A descriptor in the place of a method: the request that it is asked for gets the properties."""

    def __init__(self, descriptors: Mapping[str, Any]) -> None:
        self.descriptors = descriptors
        self._made: dict[type, type] = {}

    def __get__(self, request: Any, own: type) -> None:
        request.__class__ = self._made.get(own) or self._make(own)

    def _make(self, own: type) -> type:
        new: Any = own.__new__
        request = new(own)
        InstancePropertyHelper.apply_properties(request, self.descriptors)
        made: type = type(request)
        if own.__bases__[1:] != _OF_ONE_REQUEST:
            self._made[own] = made
        return made


def _take_over(registry: Any) -> None:
    extensions = registry.queryUtility(IRequestExtensions)
    if extensions is not None:
        before = extensions.methods.get(_NAME)
        known = {} if before is None else before.descriptors
        extensions.methods[_NAME] = Properties({**known, **extensions.descriptors})
        extensions.descriptors.clear()
