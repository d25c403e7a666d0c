"""Batches that meet at two server processes: one effect a key, of a batch or an item; no deadlock seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.chaos.calling import Answer
from tests.chaos.crowd import CLIENTS, OPENING, TIMES, Crowd, always, batch, transfer

ROUNDS = 3 * TIMES
ITEMS = 5


def results(answers: list[Answer]) -> Iterator[list[dict[str, Any]]]:
    return (answer.document["results"] for answer in answers)


@pytest.mark.parametrize(("mode", "status"), [("atomic", 201), ("each", 200)])
def test_a_batch_delivered_sixteen_times_at_once_is_posted_once(crowd: Crowd, mode: str, status: int) -> None:
    for number in range(ROUNDS):
        items = [transfer("1.00", OPENING, f"assets:{number}:{item}") for item in range(ITEMS)]
        answers = crowd.at_once(crowd.batches, always(batch(items, mode)), f"key-{number}")
        assert {answer.status for answer in answers} == {status}
        assert Counter(answer.replayed for answer in answers) == {False: 1, True: CLIENTS - 1}
        assert all(answer.document == answers[0].document for answer in answers)
    assert crowd.balances()[OPENING] == f"-{ROUNDS * ITEMS}.00"


@pytest.mark.parametrize("mode", ["atomic", "each"])
def test_an_item_delivered_in_sixteen_batches_at_once_is_posted_once(crowd: Crowd, mode: str) -> None:
    for number in range(ROUNDS):
        keys = [f"{number}-{item}" for item in range(ITEMS)]

        def body(client: int, number: int = number, keys: list[str] = keys) -> dict[str, Any]:
            # The clients differ in what they add, and every other one has the shared items in another order.
            shared = [
                {**transfer("1.00", OPENING, f"assets:{number}"), "idempotency_key": key} for key in keys
            ]
            own = {**transfer("1.00", OPENING, "assets:own"), "idempotency_key": f"{number}-own-{client}"}
            return batch([*(shared if client % 2 else shared[::-1]), own], mode)

        answers = crowd.at_once(crowd.batches, body)
        assert {answer.status for answer in answers} == {201 if mode == "atomic" else 200}
        told = [[each["transaction"]["id"] for each in result] for result in results(answers)]
        in_order = {tuple(ids[:-1] if client % 2 else ids[-2::-1]) for client, ids in enumerate(told)}
        assert len(in_order) == 1
        assert len({ids[-1] for ids in told}) == CLIENTS
        assert crowd.balances()[f"assets:{number}"] == f"{ITEMS}.00"
    assert crowd.balances()["assets:own"] == f"{ROUNDS * CLIENTS}.00"


def test_an_item_delivered_in_batches_and_alone_at_once_is_posted_once(crowd: Crowd) -> None:
    for number in range(ROUNDS):
        alone = transfer("1.00", OPENING, f"assets:{number}")
        items = batch([{**alone, "idempotency_key": f"item-{number}"}])
        answers = crowd.together(
            lambda client, caller, alone=alone, items=items, key=f"item-{number}": (
                caller.post(crowd.batches, items)
                if client % 2
                else caller.post(crowd.transactions, alone, key)
            )
        )
        assert {answer.status for answer in answers} == {201}
        ids = {answer.document["id"] for answer in answers[::2]}
        assert ids == {result[0]["transaction"]["id"] for result in results(answers[1::2])}
        assert len(ids) == 1
        assert crowd.balances()[f"assets:{number}"] == "1.00"


@pytest.mark.parametrize("is_keyed", [False, True], ids=["without keys", "with keys"])
def test_batches_in_opposite_orders_show_no_client_a_deadlock(crowd: Crowd, *, is_keyed: bool) -> None:
    accounts = [f"assets:{number}" for number in range(6)]
    for account in accounts:
        crowd.fund(account, "100.00")

    def body(client: int, number: int) -> dict[str, Any]:
        path = accounts if client % 2 else accounts[::-1]
        items = [transfer("1.00", *pair) for pair in zip(path, [*path[1:], path[0]], strict=True)]
        if is_keyed:
            items = [
                {**each, "idempotency_key": f"{number}-{client}-{item}"} for item, each in enumerate(items)
            ]
        return batch(items)

    for number in range(ROUNDS):
        answers = crowd.at_once(crowd.batches, lambda client, number=number: body(client, number))
        assert {answer.status for answer in answers} == {201}
    assert {crowd.balances()[account] for account in accounts} == {"100.00"}


def test_whole_batches_race_for_the_last_money_and_none_gets_a_part(crowd: Crowd) -> None:
    for number in range(ROUNDS):
        purse = f"assets:purse{number}"
        crowd.fund(purse, "59.00")
        items = batch([transfer("4.00", purse, f"expenses:a{number}"), transfer("6.00", purse, "expenses:b")])
        answers = crowd.at_once(crowd.batches, always(items))
        assert Counter(answer.status for answer in answers) == {201: 5, 422: CLIENTS - 5}
        refused = [answer for answer in answers if answer.status == 422]
        assert {answer.code for answer in refused} == {"insufficient_funds"}
        # What is left would do for the first item of each.
        assert {answer.document["index"] for answer in refused} == {1}
        assert crowd.standing(purse) == (9, 9)
        assert crowd.balances()[f"expenses:a{number}"] == "20.00"


def test_single_items_race_for_the_last_money_and_each_is_told_what_became_of_it(crowd: Crowd) -> None:
    for number in range(ROUNDS):
        purse = f"assets:purse{number}"
        crowd.fund(purse, "55.00")
        items = batch([transfer("10.00", purse, "expenses:fun") for _ in range(2)], "each")
        answers = crowd.at_once(crowd.batches, always(items))
        assert {answer.status for answer in answers} == {200}
        told = Counter(each["status"] for result in results(answers) for each in result)
        assert told == {201: 5, 422: 2 * CLIENTS - 5}
        assert crowd.standing(purse) == (5, 5)
