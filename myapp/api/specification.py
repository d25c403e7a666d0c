"""The view of the OpenAPI document."""

from __future__ import annotations

from typing import Any

import msgspec

from myapp.api.answer import Answer
from myapp.http.request import Request

_KEY = "myapp.api.openapi"


def keep(registry: Any, document: dict[str, Any]) -> None:
    """Encode the document once, because it never changes while the application runs."""
    registry[_KEY] = msgspec.Raw(msgspec.json.encode(document))


def find(request: Request) -> Answer:
    """Show the OpenAPI document."""
    return Answer(request.registry[_KEY])
