"""Many clients at once, at two server processes: one transaction a key, exact limits, no deadlock seen."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Any

from tests.chaos.crowd import CLIENTS, OPENING, TIMES, Crowd, always, transfer

KEYS = 50 * TIMES
ROUNDS = 20 * TIMES
REVERSED = 5 * TIMES


def test_a_key_delivered_sixteen_times_at_once_makes_one_transaction(crowd: Crowd) -> None:
    for number in range(KEYS):
        body = transfer("1.00", OPENING, f"assets:{number % 50}")
        answers = crowd.at_once(crowd.transactions, always(body), f"key-{number}")
        assert {answer.status for answer in answers} == {201}
        assert len({answer.document["id"] for answer in answers}) == 1
        assert Counter(answer.replayed for answer in answers) == {False: 1, True: CLIENTS - 1}
    assert crowd.balances()[OPENING] == f"-{KEYS}.00"


def test_a_race_for_the_last_money_is_won_by_exactly_as_many_as_there_is_money_for(crowd: Crowd) -> None:
    for number in range(ROUNDS):
        purse = f"assets:purse{number}"
        crowd.fund(purse, "55.00")
        answers = crowd.at_once(crowd.transactions, always(transfer("10.00", purse, "expenses:fun")))
        assert Counter(answer.status for answer in answers) == {201: 5, 422: CLIENTS - 5}
        assert {answer.code for answer in answers if answer.status == 422} == {"insufficient_funds"}
        assert crowd.standing(purse) == (5, 5)


def test_rings_of_transfers_in_both_directions_show_no_client_a_deadlock(crowd: Crowd) -> None:
    ring = [f"assets:ring{number}" for number in range(6)]

    def round_the_ring(number: int) -> dict[str, Any]:
        # Every other client goes the other way round, so each meets the others' locks in the wrong order.
        path = ring if number % 2 else ring[::-1]
        pairs = [transfer("1.00", *pair)["postings"] for pair in pairwise([*path, path[0]])]
        return {"postings": [leg for pair in pairs for leg in pair]}

    answers = [answer for _ in range(ROUNDS) for answer in crowd.at_once(crowd.transactions, round_the_ring)]
    assert Counter(answer.status for answer in answers) == {201: ROUNDS * CLIENTS}
    assert crowd.balances() == dict.fromkeys(ring, "0.00")


def test_of_sixteen_reversals_at_once_one_happens_and_the_others_are_told_so(crowd: Crowd) -> None:
    for number in range(REVERSED):
        # One alone can be paid back: who comes second must hear of the first, and not of missing money.
        purse = f"assets:purse{number}"
        original = crowd.fund(purse, "10.00")
        url = f"{crowd.transactions}/{original['id']}"
        answers = crowd.at_once(f"{url}/reverse", always({}))
        assert Counter(answer.status for answer in answers) == {201: 1, 409: CLIENTS - 1}
        assert {answer.code for answer in answers if answer.status == 409} == {"already_reversed"}
        (made,) = (answer.document for answer in answers if answer.status == 201)
        assert crowd.get(url)["reversed_by"] == made["id"]
        assert crowd.standing(purse) == (0, 0)
