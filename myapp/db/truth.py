"""An exception view may word a failed ending, but it cannot turn it into a success.

pyramid_tm asks the exception views about an error of COMMIT or ROLLBACK, and sends what they answer. A
view that answers 200 to every error would tell the client of a change that was never made.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyramid.config import Configurator


def includeme(config: Configurator) -> None:
    """Look at every response just above the transaction's tween."""
    config.add_tween(
        "myapp.db.truth.tween_factory",
        over="pyramid_tm.tm_tween_factory",
        under="myapp.db.accounting.tween_factory",
    )


def tween_factory(handler: Callable[[Any], Any], registry: Any) -> Callable[[Any], Any]:
    """Return the tween that raises the error of a failed ending in place of a success."""

    def require_truth(request: Any) -> Any:
        response = handler(request)
        if request.tm.ending_failed and response.status_int < 400:
            raise request.exception
        return response

    return require_truth
