"""The clock that requests are told: it stands still until a program moves it, so no hold is slept for."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pyramid.interfaces import INewRequest
from webtest import TestApp

from tests.model.holds import START


class Clock:
    """What `request.now` is. The times at which transactions are recorded are the database's own."""

    def __init__(self, app: TestApp) -> None:
        self.now: datetime = START
        app.app.registry.registerHandler(self._tell, (INewRequest,))

    def _tell(self, event: Any) -> None:
        event.request.now = self.now
