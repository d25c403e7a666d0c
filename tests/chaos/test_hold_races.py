"""Holds under a crowd at two server processes: what is held is taken once, kept once, given back once."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from tests.chaos.calling import Answer, Caller
from tests.chaos.crowd import CLIENTS, TIMES, Crowd, always, transfer

ROUNDS = 3 * TIMES
PURSE, SHOP = "assets:purse", "expenses:shop"
# Long enough for a busy machine to place the hold; the clients go on until it is over.
EXPIRES_AFTER = timedelta(seconds=0.3)
PART, PARTS = "0.25", 40
# Holds that end under the hands of those who write.
SOON = timedelta(seconds=0.1)
STEPS = 8 * TIMES


def codes(answers: list[Answer]) -> Counter[str]:
    """Count the refusals by their code, and what succeeded by its status."""
    return Counter(answer.code if answer.status >= 400 else str(answer.status) for answer in answers)


def only(answers: list[Answer]) -> dict[str, Any]:
    """Return the one answer that is no refusal."""
    (answer,) = (answer for answer in answers if answer.status < 400)
    return answer.document


def test_a_hold_delivered_sixteen_times_at_once_is_placed_once(crowd: Crowd) -> None:
    crowd.fund(PURSE, f"{ROUNDS}.50")
    for number in range(ROUNDS):
        answers = crowd.at_once(crowd.holds, always(transfer("1.00", PURSE, SHOP)), f"key-{number}")
        assert codes(answers) == {"201": CLIENTS}
        assert Counter(answer.replayed for answer in answers) == {False: 1, True: CLIENTS - 1}
        assert all(answer.document == answers[0].document for answer in answers)
    assert crowd.standing(PURSE) == (ROUNDS + Decimal("0.50"), Decimal("0.50"))
    assert len(crowd.get(f"{crowd.holds}?status=open&limit=500")["data"]) == ROUNDS


def test_holds_race_for_the_last_money_and_stop_exactly_there(crowd: Crowd) -> None:
    for number in range(ROUNDS):
        purse = f"{PURSE}{number}"
        crowd.fund(purse, "55.00")
        answers = crowd.at_once(crowd.holds, always(transfer("10.00", purse, SHOP)))
        assert codes(answers) == {"201": 5, "insufficient_funds": CLIENTS - 5}
        assert crowd.standing(purse) == (55, 5)


@pytest.mark.parametrize(("step", "status"), [("capture", 201), ("void", 200)], ids=["captured", "voided"])
def test_a_hold_ended_sixteen_times_at_once_is_ended_once(crowd: Crowd, step: str, status: int) -> None:
    crowd.fund(PURSE, f"{ROUNDS}.00")
    for _ in range(ROUNDS):
        hold = crowd.place("1.00", PURSE, SHOP)
        answers = crowd.at_once(f"{hold}/{step}", always({}))
        assert codes(answers) == {str(status): 1, "hold_not_open": CLIENTS - 1}
    taken = ROUNDS if step == "capture" else 0
    assert crowd.standing(PURSE) == (ROUNDS - taken, ROUNDS - taken)


@pytest.mark.parametrize("step", ["capture", "void"])
def test_a_step_delivered_sixteen_times_at_once_with_a_key_is_taken_once(crowd: Crowd, step: str) -> None:
    crowd.fund(PURSE, f"{ROUNDS}.00")
    for number in range(ROUNDS):
        hold = crowd.place("1.00", PURSE, SHOP)
        answers = crowd.at_once(f"{hold}/{step}", always({}), f"key-{number}")
        assert Counter(answer.replayed for answer in answers) == {False: 1, True: CLIENTS - 1}
        assert all(answer.document == answers[0].document for answer in answers)
    taken = ROUNDS if step == "capture" else 0
    assert crowd.standing(PURSE) == (ROUNDS - taken, ROUNDS - taken)


def test_parts_captured_at_once_stop_exactly_at_what_is_held(crowd: Crowd) -> None:
    crowd.fund(PURSE, "100.00")
    part = {**transfer("10.00", PURSE, SHOP), "final": False}
    for number in range(ROUNDS):
        hold = crowd.place("25.00", PURSE, SHOP)
        answers = crowd.at_once(f"{hold}/capture", always(part))
        assert codes(answers) == {"201": 2, "capture_exceeds_hold": CLIENTS - 2}
        shown = crowd.get(hold)
        ids = {answer.document["id"] for answer in answers if answer.status == 201}
        assert (shown["status"], set(shown["captures"])) == ("open", ids)
        assert {each["amount"] for each in shown["remaining"]} == {"5.00", "-5.00"}
        crowd.post(f"{hold}/void", {})
        crowd.post(crowd.transactions, transfer("20.00", SHOP, PURSE))
        assert crowd.standing(PURSE) == (100, 100), number


def test_of_captures_and_voids_at_once_exactly_one_happens(crowd: Crowd) -> None:
    balance = 2 * ROUNDS
    crowd.fund(PURSE, f"{balance}.00")
    for _ in range(2 * ROUNDS):
        hold = crowd.place("1.00", PURSE, SHOP)
        answers = crowd.at_once(
            lambda number, hold=hold: f"{hold}/{'capture' if number % 2 else 'void'}", always({})
        )
        assert codes(answers)["hold_not_open"] == CLIENTS - 1
        is_captured = "remaining" not in only(answers)
        balance -= is_captured
        assert crowd.get(hold)["status"] == ("captured" if is_captured else "voided")
        assert crowd.standing(PURSE) == (balance, balance)


def test_holds_that_expire_under_writers_in_both_directions_show_no_client_a_deadlock(crowd: Crowd) -> None:
    accounts = [f"assets:{number}" for number in range(4)]
    for account in accounts:
        crowd.fund(account, "10.00")

    def around(client: int, number: int) -> dict[str, Any]:
        # All legs of one round take from each account and bring to each, so the sum of moves is always zero.
        path = accounts if (client // 2) % 2 else accounts[::-1]
        start = number % len(path)
        pairs = list(pairwise([*path[start:], *path[:start]]))
        return {"postings": [leg for pair in pairs for leg in transfer("4.00", *pair)["postings"]]}

    def work(client: int, caller: Caller) -> list[Answer]:
        answers = []
        for number in range(STEPS):
            body = around(client, number)
            if (client + number) % 3:
                expires_at = (datetime.now(UTC) + SOON).isoformat()
                answers.append(caller.post(crowd.holds, {**body, "expires_at": expires_at}))
            else:
                answers.append(caller.post(crowd.transactions, body))
        return answers

    told = codes([answer for each in crowd.together(work) for answer in each])
    assert told.keys() <= {"201", "insufficient_funds", "invalid_request"}, told


def test_parts_are_captured_until_the_hold_expires_and_the_rest_is_spent_exactly(crowd: Crowd) -> None:
    for number in range(max(2, ROUNDS // 2)):
        purse = f"{PURSE}{number}"
        crowd.fund(purse, "10.00")
        expires_at = (datetime.now(UTC) + EXPIRES_AFTER).isoformat()
        hold = crowd.place("10.00", purse, SHOP, expires_at=expires_at)
        body = transfer(PART, purse, SHOP)

        def capture_to_the_end(caller: Caller, hold: str = hold, body: Any = body) -> list[Answer]:
            answers = [caller.post(f"{hold}/capture", {**body, "final": False})]
            while answers[-1].status == 201:
                answers.append(caller.post(f"{hold}/capture", {**body, "final": False}))
            return answers

        def spend_to_the_end(caller: Caller, hold: str = hold, body: Any = body) -> list[Answer]:
            answers = []
            is_over = False
            # The money is free at the latest after the hold, so only a refusal after that is the last.
            while not is_over or answers[-1].status == 201:
                is_over = caller.get(hold).document["status"] != "open"
                answers.append(caller.post(crowd.transactions, body))
            return answers

        told = crowd.together(
            lambda client, caller, capture=capture_to_the_end, spend=spend_to_the_end: (
                capture(caller) if client % 2 else spend(caller)
            )
        )
        captured = [answer for each in told[1::2] for answer in each]
        spent = [answer for each in told[::2] for answer in each]
        over = {"hold_expired", "hold_not_open", "capture_exceeds_hold"}
        assert codes(captured).keys() <= {"201", *over}
        assert codes(spent).keys() <= {"201", "insufficient_funds"}
        assert codes(captured)["201"] + codes(spent)["201"] == PARTS
        assert len(crowd.get(hold)["captures"]) == codes(captured)["201"]
        assert crowd.standing(purse) == (0, 0)
