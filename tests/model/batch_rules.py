"""Rules about batches: their items are applied one after another, all of them or each alone."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from myapp.http.errors import STATUS
from tests.model.books import Books, Entry
from tests.model.drawing import items, keys
from tests.model.holds import START
from tests.model.machine import Machine, Used
from tests.model.spelling import Asked

Item = tuple[Asked, str | None]
BATCH, ALONE = "transactions/batch", "transactions"


class BatchRules(Machine):
    """What is posted at once."""

    @rule(items=items, twice=st.booleans(), mode=st.sampled_from(["atomic", "each"]), key=keys)
    def post_batch(self, items: list[Item], twice: bool, mode: str, key: str | None) -> None:
        items = [*items, items[0]] if twice else items
        body = {"mode": mode, "transactions": [sent_in_batch(*item) for item in items]}
        if key in self.used:
            self.post(BATCH, body, {"idempotency_key_reused"}, key)
        elif mode == "each":
            self._take(items, self.post(BATCH, body, set(), key, status=200))
        else:
            foretold, index = self._first_refusal(items, key)
            if answer := self.post(BATCH, body, foretold, key, index=index):
                self._take(items, answer)

    def _first_refusal(self, items: list[Item], key: str | None) -> tuple[set[str], int | None]:
        """Try the items on a copy; return the codes with which the first one is refused, and which it is."""
        trial, used = self.books.copy(), dict(self.used)
        if key is not None:
            used[key] = Used(BATCH, {}, 201, None)
        for index, (asked, item_key) in enumerate(items):
            foretold = fate(trial, used, asked, item_key)
            if foretold:
                return foretold, index
            if foretold is not None:
                trial.keep(Entry("", START, START, asked.legs, asked.reference))
                used |= {} if item_key is None else {item_key: Used(ALONE, asked.body, 201, None)}
        return set(), None

    def _take(self, items: list[Item], answer: Any) -> None:
        for index, ((asked, key), result) in enumerate(zip(items, answer["results"], strict=True)):
            foretold = fate(self.books, self.used, asked, key)
            if foretold is None:
                assert key is not None
                assert (result["status"], result["transaction"]) == (201, self.used[key].answer)
            elif foretold:
                problem = result["problem"]
                assert problem["code"] in foretold, (problem, foretold)
                assert (problem["index"], result["status"]) == (index, STATUS[problem["code"]])
            else:
                assert result["status"] == 201, (index, result)
                self.keep(result["transaction"], asked)
                if key is not None:
                    self.used[key] = Used(ALONE, asked.body, 201, result["transaction"])


def sent_in_batch(asked: Asked, key: str | None) -> dict[str, Any]:
    return asked.body if key is None else {**asked.body, "idempotency_key": key}


def fate(books: Books, used: dict[str, Used], asked: Asked, key: str | None) -> set[str] | None:
    """Return the codes with which an item may be refused, none when it is kept; None when it was before."""
    before = None if key is None else used.get(key)
    if before and (before.path, before.body) == (ALONE, asked.body):
        return None
    foretold = books.to_post(asked.legs, asked.reference)
    return foretold | ({"idempotency_key_reused"} if before else set())
