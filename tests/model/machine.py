"""A ledger in the API and the same in the model, and how the one is asked what the other foretells."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from hypothesis.stateful import RuleBasedStateMachine
from webtest import TestApp, TestResponse

from myapp.http.errors import STATUS
from tests.api.client import send
from tests.model.books import Books, Entry
from tests.model.clock import Clock
from tests.model.legs import Key
from tests.model.spelling import SCALES, Asked, entry_of, first_instant, written

REPLAYED = "Idempotency-Replayed"


@dataclass(frozen=True)
class Used:
    """What a key was used for, and what was answered."""

    path: str
    body: dict[str, Any]
    status: int
    answer: Any


class Machine(RuleBasedStateMachine):
    """One ledger; the rules are added by the classes below it."""

    app: TestApp
    clock: Clock
    ledgers = iter(range(1_000_000_000))

    def __init__(self) -> None:
        super().__init__()
        name = f"model-{next(self.ledgers)}"
        self.url = f"/v1/ledgers/{name}"
        self.books = Books(SCALES)
        self.used: dict[str, Used] = {}
        self.clock.now = self.books.holds.now
        assets = [{"code": code, "scale": scale} for code, scale in SCALES.items()]
        made = send(self.app, "POST", "/v1/ledgers", {"name": name, "assets": assets})
        assert made.status_int == 201, made.text

    def get(self, path: str) -> Any:
        """Read; long answers are not held to the document again, which takes longer than the answer."""
        return self.app.get(f"{self.url}/{path}").json

    def all_of(self, path: str) -> list[Any]:
        """Read a list, whatever its pages."""
        page = self.get(f"{path}&limit=500")
        found = page["data"]
        while page["next"] is not None:
            page = self.get(f"{path}&limit=500&cursor={quote(page['next'])}")
            found += page["data"]
        return list(found)

    def change(self, path: str, body: Any, foretold: Collection[str] = ()) -> Any | None:
        """PATCH; return the answer, None where it was refused with a code that was foretold."""
        return self._judged(send(self.app, "PATCH", f"{self.url}/{path}", body), foretold, 200)

    def post(
        self,
        path: str,
        body: Any,
        foretold: Collection[str],
        key: str | None = None,
        *,
        status: int = 201,
        index: int | None = None,
    ) -> Any | None:
        """POST; return what it made, None where it was refused as foretold, or answered before.

        `index` tells which of a batch's items is refused.
        """
        headers = {} if key is None else {"Idempotency-Key": key}
        answer = send(self.app, "POST", f"{self.url}/{path}", body, headers=headers)
        used = None if key is None else self.used.get(key)
        if used and (used.path, used.body) == (path, body):
            assert (answer.status_int, answer.headers[REPLAYED]) == (used.status, "true")
            assert answer.json == used.answer
            return None
        found = self._judged(answer, {*foretold, "idempotency_key_reused"} if used else foretold, status)
        assert found is not None or answer.json.get("index") == index
        if key is not None and found is not None:
            self.used[key] = Used(path, body, status, found)
        return found

    def _judged(self, answer: TestResponse, foretold: Collection[str], status: int) -> Any | None:
        if foretold:
            assert answer.status_int >= 400, (answer.text, foretold)
            assert answer.json["code"] in foretold, (answer.json, foretold)
            assert answer.status_int == STATUS[answer.json["code"]]
            return None
        assert answer.status_int == status, answer.text
        assert REPLAYED not in answer.headers
        return answer.json

    def keep(self, receipt: dict[str, Any], asked: Asked) -> Entry:
        """Add a transaction to the model, once it was answered as the model would answer it."""
        entry = entry_of(receipt, asked)
        expected = self.clock.now if asked.day is None else first_instant(asked.day)
        assert entry.effective_at == expected
        self.require_postings(receipt, self.following(asked))
        self.books.keep(entry)
        return entry

    def following(self, asked: Asked) -> list[tuple[str, str, str, str, int]]:
        """Return the postings as they would be answered: account, asset, amount, balance, version."""
        nets, versions = self.books.nets.copy(), self.books.versions.copy()
        made = []
        for path, asset, amount in asked.legs:
            key: Key = (path, asset)
            nets[key] += amount
            versions[key] += 1
            made.append((*key, written(amount, asset), written(nets[key], asset), versions[key]))
        return made

    def require_postings(self, receipt: dict[str, Any], expected: list[Any]) -> None:
        names = ("account", "asset", "amount", "balance", "version")
        assert [tuple(each[name] for name in names) for each in receipt["postings"]] == expected
