"""Allowances that stand where nothing offends."""

from typing import Any


def view(request: Any) -> None:
    # bites
    request.dbsession.flush()  # lifecycle: There was a commit here once.
    # bites
    # lifecycle: An allowance stands at the end of its line, not above it.
    request.dbsession.commit()  # lifecycle: This one is used, so it is fine.
