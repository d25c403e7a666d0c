"""The checker finds each fault that it is there for, and nothing in sound books."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.chaos.auditor import FUNDED_MINOR, wrong_account, wrong_balances
from tests.chaos.books import Books
from tests.chaos.checker import breaches
from tests.chaos.records import EQUITY, Leg, Order, Verdict
from tests.chaos.written import books_of, keep, keep_order, transferred

CASH, BANK = "assets:bank:00", "assets:bank:01"
PLACE = (BANK, "USD")


def some_orders() -> list[Order]:
    return [
        transferred("fund", EQUITY, CASH, 1000),
        transferred("first", CASH, BANK, 300),
        transferred("second", BANK, CASH, 100),
        Order(
            "refused", (Leg(CASH, "USD", 9000), Leg(BANK, "USD", -9000)), verdict=Verdict.NOTHING, attempts=1
        ),
        Order("doubtful", (Leg(CASH, "USD", 1), Leg(BANK, "USD", -1)), verdict=Verdict.IN_DOUBT, attempts=1),
    ]


def test_sound_books_are_in_order() -> None:
    orders = some_orders()
    assert breaches(orders, books_of(orders)) == []


def test_what_was_in_doubt_may_be_there_whole() -> None:
    orders = some_orders()
    books = books_of(orders)
    keep(books, orders[4])
    assert breaches(orders, books) == []


def lost(books: Books, orders: list[Order]) -> None:
    # As if the write had never been: the balances, too, know nothing of it.
    other = books_of([order for order in orders if order.key != "second"])
    books.__dict__.update(other.__dict__)


def doubled(books: Books, orders: list[Order]) -> None:
    keep_order(books, orders[1], "another id")


def renamed(books: Books, orders: list[Order]) -> None:
    books.descriptions["another id"] = books.descriptions.pop("id of second")
    books.postings["another id"] = books.postings.pop("id of second")
    books.keys["second"] = "another id"


def kept_although_refused(books: Books, orders: list[Order]) -> None:
    keep(books, orders[3])


def half_of_a_doubtful_one(books: Books, orders: list[Order]) -> None:
    keep(books, replace(orders[4], legs=orders[4].legs[:1]))


def a_strangers(books: Books, orders: list[Order]) -> None:
    keep(books, transferred("never sent", CASH, BANK, 5))


def an_orphan(books: Books, orders: list[Order]) -> None:
    del books.descriptions["id of first"], books.keys["first"]


def a_forgotten_key(books: Books, orders: list[Order]) -> None:
    del books.keys["first"]


def a_dangling_key(books: Books, orders: list[Order]) -> None:
    books.keys["free"] = "id of nothing"


def a_false_balance(books: Books, orders: list[Order]) -> None:
    books.balances[PLACE] = replace(books.balances[PLACE], debits=301)


def a_balance_that_is_gone(books: Books, orders: list[Order]) -> None:
    del books.balances[PLACE]


def a_gap_in_the_versions(books: Books, orders: list[Order]) -> None:
    taker, giver = books.postings["id of second"]
    books.postings["id of second"] = [taker, replace(giver, version=3)]


def a_negative_balance(books: Books, orders: list[Order]) -> None:
    orders.append(transferred("overdraft", BANK, CASH, 201))
    keep(books, orders[-1])


def a_balance_that_was_negative_for_a_while(books: Books, orders: list[Order]) -> None:
    a_negative_balance(books, orders)
    orders.append(transferred("repaid", CASH, BANK, 201))
    keep(books, orders[-1])


def a_false_day(books: Books, orders: list[Order]) -> None:
    books.days[PLACE] = (300, 0)


@pytest.mark.parametrize(
    ("fault", "names"),
    [
        (lost, {"lost", "forgotten"}),
        (doubled, {"doubled"}),
        (renamed, {"misnamed", "forgotten"}),
        (kept_although_refused, {"kept", "negative"}),
        (half_of_a_doubtful_one, {"changed", "unbalanced", "not conserved"}),
        (a_strangers, {"unknown"}),
        (an_orphan, {"lost", "forgotten", "orphaned"}),
        (a_forgotten_key, {"forgotten"}),
        (a_dangling_key, {"dangling"}),
        (a_false_balance, {"false", "false day", "not conserved"}),
        (a_balance_that_is_gone, {"false", "not conserved"}),
        (a_gap_in_the_versions, {"broken"}),
        (a_negative_balance, {"negative"}),
        (a_balance_that_was_negative_for_a_while, {"negative"}),
        (a_false_day, {"false day"}),
    ],
)
def test_each_fault_is_named(fault: Callable[[Books, list[Order]], None], names: set[str]) -> None:
    orders = some_orders()
    books = books_of(orders)
    fault(books, orders)
    found = breaches(orders, books)
    assert {breach.partition(":")[0] for breach in found} == names, found


def a_read(**cash: str) -> dict[str, object]:
    """Return an answer of `GET balances` after the funding; `cash` replaces what one account holds."""
    usd, points = f"{FUNDED_MINOR['USD'] // 100}.00", str(FUNDED_MINOR["POINTS"])
    return {
        "data": [
            {"account": CASH, "balances": {"USD": usd, "POINTS": points, **cash}},
            {"account": EQUITY, "balances": {"USD": f"-{usd}", "POINTS": f"-{points}"}},
        ],
        "totals": {"USD": "0.00", "POINTS": "0"},
    }


def test_a_read_that_adds_up_is_right_and_one_that_does_not_is_wrong() -> None:
    assert list(wrong_balances(a_read())) == []
    assert len(list(wrong_balances(a_read(USD="0.01")))) == 2
    assert len(list(wrong_balances(a_read(USD="-0.01")))) == 3
    assert len(list(wrong_balances({**a_read(), "totals": {"USD": "0.01", "POINTS": "0"}}))) == 1


def test_an_account_below_zero_or_at_odds_with_itself_is_wrong() -> None:
    for balance, debits, held, available, wrong in (
        ("1.00", "3.00", "0.25", "0.75", 0),
        ("-1.00", "1.00", "0.00", "-1.00", 1),
        ("1.01", "3.00", "0.00", "1.01", 1),
        ("1.00", "3.00", "1.01", "-0.01", 1),
        ("1.00", "3.00", "0.25", "1.00", 1),
    ):
        shown = {
            "balance": balance,
            "debits": debits,
            "credits": "2.00",
            "pending_credits": held,
            "available": available,
        }
        assert len(list(wrong_account({"path": CASH, "balances": {"USD": shown}}))) == wrong
