"""Allowances that do not say why."""

from typing import Any


def view(request: Any) -> None:
    # bites
    request.dbsession.commit()  # lifecycle:
    # bites
    request.dbsession.commit()  # lifecycle: Because.
    # bites
    request.dbsession.commit()  # lifecycle: it has to be
    # bites
    request.dbsession.commit()  # lifecycle: It has no full stop
    # bites
    request.dbsession.commit()  # lifecycle: the capital is missing.
    # bites
    request.dbsession.flush()  # lifecycle:
