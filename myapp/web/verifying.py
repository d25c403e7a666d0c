"""Are the books what they say: the light on the overview, and the checks behind it."""

from __future__ import annotations

from typing import Any

from myapp.ledger import verifying
from myapp.web.page import Context


def show(request: Any) -> Context:
    """Recompute the books, and show what was found."""
    return {"verification": verifying.verify(request.dbsession, request.matchdict["ledger"])}
