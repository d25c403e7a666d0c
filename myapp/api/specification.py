"""The view of the OpenAPI document."""

from __future__ import annotations

from typing import Any

import msgspec

from myapp.api.answer import Answer
from myapp.http.request import Request

_KEY = "myapp.api.openapi"


def keep(registry: Any, document: bytes) -> None:
    """Keep the document as it is sent, because it never changes while the application runs."""
    registry[_KEY] = msgspec.Raw(document)


def find(request: Request) -> Answer:
    """Show the OpenAPI document."""
    return Answer(request.registry[_KEY])
