"""A journal as hledger reads it: a household's books of any length, the same text for the same seed.

Shopping with tags and comments, bills whose last amount hledger works out, salaries, transfers, travels paid
in foreign money at a price, shares at their cost: two to four postings each, in six commodities.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from random import Random

FIRST_DAY = date(2015, 1, 1)
DAYS = 3_650

_SHOPS = ("Aldi", "Bakery Müller", "Café Central", "Farmers' market", "Kiosk", "Rewe", "Tchibo")
_BILLS = ("insurance", "internet", "phone", "power", "rent", "water")
_FOODS = ("drinks", "groceries", "snacks")
_CARDS = ("credit", "debit")
# Where somebody travels: the money there, its decimals, and what one of it costs.
_CITIES = {
    "Boston": ("USD", 2, "0.92"),
    "Leeds": ("GBP", 2, "1.17"),
    "London": ("GBP", 2, "1.16"),
    "Osaka": ("JPY", 0, "0.0061"),
}
_FUNDS = ("BOND", "VWCE")

Lines = Iterator[str]


def journal(transactions: int, seed: int) -> str:
    """Return a journal of so many transactions, in the order of their days."""
    random = Random(seed)
    days = sorted(random.randrange(DAYS) for _ in range(transactions))
    return "".join(
        f"{line}\n" for number, day in enumerate(days) for line in _transaction(random, number, day)
    )


def _transaction(random: Random, number: int, day: int) -> Lines:
    (make,) = random.choices(tuple(_WEIGHTS), weights=tuple(_WEIGHTS.values()))
    yield from make(random, (FIRST_DAY + timedelta(days=day)).isoformat(), number)
    yield ""


def _decimal(units: int, decimals: int) -> str:
    digits = str(abs(units)).rjust(decimals + 1, "0")
    point = len(digits) - decimals
    return f"{'-' if units < 0 else ''}{digits[:point]}{'.' if decimals else ''}{digits[point:]}"


def _euros(cents: int) -> str:
    return f"{_decimal(cents, 2)} EUR"


def _shopping(random: Random, day: str, number: int) -> Lines:
    cents = random.randrange(100, 9_000)
    yield f"{day} * {random.choice(_SHOPS)}  ; card:{random.choice(_CARDS)}"
    yield f"    expenses:food:{random.choice(_FOODS)}    {_euros(cents)}"
    yield f"    assets:bank:checking    {_euros(-cents)}"


def _shopping_by_card(random: Random, day: str, number: int) -> Lines:
    food, soap = random.randrange(100, 6_000), random.randrange(100, 2_000)
    yield f"{day} {random.choice(_SHOPS)} | weekly"
    yield f"    ; receipt:R{number:06}, shared:no"
    yield f"    expenses:food:groceries    {_euros(food)}"
    yield f"    expenses:household    {_euros(soap)}  ; soap, and a bulb"
    yield f"    liabilities:card    {_euros(-food - soap)}"


def _bill(random: Random, day: str, number: int) -> Lines:
    bill = random.choice(_BILLS)
    yield f"{day} ({number}) {bill.title()} of the month  ; contract:{bill}-{number % 7}"
    yield f"    expenses:home:{bill}    {_euros(random.randrange(1_000, 90_000))}"
    yield "    assets:bank:checking"


def _salary(random: Random, day: str, number: int) -> Lines:
    gross = random.randrange(200_000, 700_000)
    tax, insurance = gross * 3 // 10, gross // 10
    yield f"{day} * Salary  ; employer:Example GmbH"
    yield f"    assets:bank:checking    {_euros(gross - tax - insurance)}"
    yield f"    expenses:taxes:income    {_euros(tax)}"
    yield f"    expenses:insurance:health    {_euros(insurance)}"
    yield f"    income:salary    {_euros(-gross)}"


def _transfer(random: Random, day: str, number: int) -> Lines:
    cents = random.randrange(1_000, 100_000)
    yield f"{day} ! To the savings"
    yield f"    assets:bank:savings    {_euros(cents)}"
    yield f"    assets:bank:checking    {_euros(-cents)}"


def _travel(random: Random, day: str, number: int) -> Lines:
    city = random.choice(tuple(_CITIES))
    money, decimals, price = _CITIES[city]
    paid = _decimal(random.randrange(2_000, 40_000), decimals)
    yield f"{day} Hotel in {city}  ; trip:{city.lower()}"
    yield f"    expenses:travel:{city.lower()}    {paid} {money} @ {price} EUR"
    yield "    liabilities:card"


def _shares(random: Random, day: str, number: int) -> Lines:
    fund = random.choice(_FUNDS)
    pieces = _decimal(random.choice((1, -1)) * random.randrange(1, 40_000), 3)
    yield f"{day} Broker  ; order:{number}"
    yield f"    assets:shares:{fund.lower()}    {pieces} {fund} @@ {_euros(random.randrange(1_000, 200_000))}"
    yield "    expenses:fees    1.50 EUR"
    yield "    assets:bank:broker"


# How often each of them happens, among a hundred.
_WEIGHTS: dict[Callable[[Random, str, int], Lines], int] = {
    _shopping: 40,
    _shopping_by_card: 20,
    _bill: 14,
    _transfer: 8,
    _travel: 7,
    _salary: 6,
    _shares: 5,
}
