"""Rules about transactions: post them, rehearse them, reverse them, and deliver a request again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.model.books import Entry, reverse
from tests.model.drawing import asked, days, keys, trips
from tests.model.machine import Machine
from tests.model.spelling import Asked


class TransactionRules(Machine):
    """What is done to the journal."""

    @rule(asked=asked, key=keys)
    def post_transaction(self, asked: Asked, key: str | None) -> None:
        foretold = self.books.to_post(asked.legs, asked.reference)
        if receipt := self.post("transactions", asked.body, foretold, key):
            self.keep(receipt, asked)

    @rule(asked=asked)
    def rehearse_transaction(self, asked: Asked) -> None:
        foretold = self.books.to_post(asked.legs, asked.reference)
        if receipt := self.post("transactions?dry_run=1", asked.body, foretold, status=200):
            self.require_postings(receipt, self.following(asked))

    @precondition(lambda self: self.books.entries)
    @rule(data=st.data(), day=days, trip=trips, key=keys)
    def reverse_transaction(self, data: Any, day: str | None, trip: str | None, key: str | None) -> None:
        entry = self.any_entry(data)
        opposite = Asked(reverse(entry.legs), day, None, trip)
        body = {name: opposite.body[name] for name in ("effective_at", "metadata")}
        url = f"transactions/{entry.id}/reverse"
        if receipt := self.post(url, body, self.books.to_reverse(entry), key):
            assert (receipt["kind"], receipt["reverses"]) == ("reversal", entry.id)
            self.keep(receipt, opposite)

    @precondition(lambda self: self.books.entries)
    @rule(data=st.data(), trip=trips)
    def label_transaction(self, data: Any, trip: str | None) -> None:
        entry = self.any_entry(data)
        self.change(f"transactions/{entry.id}", {"metadata": {"trip": trip}})
        number = self.books.entries.index(entry)
        self.books.entries[number] = replace(entry, trip=trip)

    @precondition(lambda self: self.used)
    @rule(data=st.data(), changed=st.booleans())
    def deliver_again(self, data: Any, changed: bool) -> None:
        key = data.draw(st.sampled_from(sorted(self.used)))
        used = self.used[key]
        body = other(used.body) if changed else used.body
        self.post(used.path, body, {"idempotency_key_reused"}, key)

    def any_entry(self, data: Any) -> Entry:
        number: int = data.draw(st.integers(0, len(self.books.entries) - 1))
        return self.books.entries[number]


def other(body: dict[str, Any]) -> dict[str, Any]:
    """Return a body that is not the same request, and could be read; nobody can change an empty one."""
    if "mode" in body:
        return {**body, "mode": "each" if body["mode"] == "atomic" else "atomic"}
    if "final" in body:
        return {**body, "final": not body["final"]}
    if body.keys() == {"effective_at"}:
        return {"final": False}
    return {**body, "metadata": {"other": "request"}} if body else body
