"""Some transactions that a client wants all together or not at all."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from tests.chaos.records import BATCHES, Order, Request


@dataclass
class Batch(Request):
    """An atomic batch under one key; its items may have keys, too."""

    kind = "batches"

    items: tuple[Order, ...]

    @property
    def path(self) -> str:
        return BATCHES

    def body(self) -> dict[str, Any]:
        """Return the batch with the items' own keys."""
        return {"mode": "atomic", "transactions": [_item(each) for each in self.items]}

    def transactions(self) -> list[dict[str, Any]]:
        return [] if self.answer is None else [each["transaction"] for each in self.answer["results"]]

    def orders(self) -> list[Order]:
        """Return the items with what the client knows of them: of each what it knows of all."""
        answers = self.transactions() or [None for _ in self.items]
        return [
            replace(item, verdict=self.verdict, answer=answer)
            for item, answer in zip(self.items, answers, strict=True)
        ]


def _item(order: Order) -> dict[str, Any]:
    return {**order.body(), "idempotency_key": order.key} if order.is_keyed else order.body()
