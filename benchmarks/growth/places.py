"""The service on the books of one size, asked as a WSGI server would ask it, and where their middle is."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from benchmarks.growth.generator import LEDGER
from benchmarks.wsgi import answer, environ_of
from myapp import main
from myapp.db import Mode, unit_of_work
from myapp.ledger.tables import Transaction

API = f"/v1/ledgers/{LEDGER}"
PAGES = f"/ledgers/{LEDGER}"


@dataclass(frozen=True)
class Question:
    """One request; with a body it is a POST, which has a key of its own."""

    path: str
    query: str = ""
    body: bytes = b""
    key: str = ""


@dataclass(frozen=True)
class Mark:
    """The transaction in the middle of the journal: half of it was known when this one was recorded."""

    recorded_at: datetime
    id: UUID


class Place:
    """The service on the books of one size; `start` is where their span begins."""

    def __init__(self, url: str, start: datetime) -> None:
        self._app: Any = main({}, **{"myapp.auth": "none", "sqlalchemy.url": url})
        self.start = start
        self.mark = self._marked()

    def close(self) -> None:
        """Give the connections back."""
        self._app.registry["dbsession_factory"].engine.dispose()

    def read(self, question: Question) -> Any:
        """Return the answer, which is JSON."""
        return json.loads(self._ask(question)[1])

    def time_us(self, question: Question) -> float:
        """Return how long the answer took, its body included, in microseconds."""
        return self._ask(question)[0] * 1e6

    def _ask(self, question: Question) -> tuple[float, bytes]:
        more = {"HTTP_IDEMPOTENCY_KEY": question.key} if question.body else {}
        method = "POST" if question.body else "GET"
        environ = environ_of(method, question.path, question.body, question.query, **more)
        began_s = time.perf_counter()
        _, content = answer(self._app, environ)
        return time.perf_counter() - began_s, content

    def _marked(self) -> Mark:
        key = (Transaction.recorded_at, Transaction.id)
        with unit_of_work(self._app.registry["dbsession_factory"], mode=Mode.READ) as session:
            count = session.execute(select(func.count()).select_from(Transaction)).scalar_one()
            found = session.execute(select(*key).order_by(*key).offset(count // 2).limit(1)).one()
        return Mark(*found)
