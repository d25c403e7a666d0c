"""The service on the books of one size, asked as a WSGI server would ask it, and where their middle is."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from benchmarks.growth.generator import LEDGER
from myapp import main
from myapp.db import Mode, unit_of_work
from myapp.ledger.tables import Transaction

API = f"/v1/ledgers/{LEDGER}"
PAGES = f"/ledgers/{LEDGER}"

_BLANK: Mapping[str, Any] = {
    "SCRIPT_NAME": "",
    "SERVER_NAME": "localhost",
    "SERVER_PORT": "80",
    "SERVER_PROTOCOL": "HTTP/1.1",
    "HTTP_HOST": "localhost",
    "wsgi.version": (1, 0),
    "wsgi.url_scheme": "http",
    "wsgi.multithread": True,
    "wsgi.multiprocess": False,
    "wsgi.run_once": False,
}


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
        environ, statuses = _environ(question), list[str]()
        began_s = time.perf_counter()
        body = self._app(environ, lambda status, _: statuses.append(status))
        content = b"".join(body)
        if (close := getattr(body, "close", None)) is not None:
            close()
        took_s = time.perf_counter() - began_s
        # A refusal is soon made, and would pass for a quick answer.
        if not statuses[0].startswith("2"):
            raise RuntimeError(f"{question} was answered {statuses[0]}: {content[:300]!r}")
        return took_s, content

    def _marked(self) -> Mark:
        key = (Transaction.recorded_at, Transaction.id)
        with unit_of_work(self._app.registry["dbsession_factory"], mode=Mode.READ) as session:
            count = session.execute(select(func.count()).select_from(Transaction)).scalar_one()
            found = session.execute(select(*key).order_by(*key).offset(count // 2).limit(1)).one()
        return Mark(*found)


def _environ(question: Question) -> dict[str, Any]:
    environ = {
        **_BLANK,
        "REQUEST_METHOD": "POST" if question.body else "GET",
        "PATH_INFO": question.path,
        "QUERY_STRING": question.query,
        "wsgi.input": io.BytesIO(question.body),
        "wsgi.errors": io.StringIO(),
    }
    if question.body:
        environ["CONTENT_TYPE"] = "application/json"
        environ["CONTENT_LENGTH"] = str(len(question.body))
        environ["HTTP_IDEMPOTENCY_KEY"] = question.key
    return environ
