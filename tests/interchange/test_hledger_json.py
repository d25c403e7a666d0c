import copy
import json
import unicodedata
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from myapp.interchange.hledger_json import CONVERSION_ACCOUNT, read
from myapp.interchange.journal import Journal, JournalError, ReadOptions
from myapp.interchange.readers import READERS
from tests.interchange.journal_data import assert_balances, expected_balances, journals, needs_data

Json = dict[str, Any]


def amount(quantity: str, commodity: str = "EUR", *, cost: Json | None = None, precision: int = 2) -> Json:
    _, _, decimals = quantity.partition(".")
    return {
        "acommodity": commodity,
        "aprice": cost,
        "aquantity": {
            "decimalMantissa": int(quantity.replace(".", "")),
            "decimalPlaces": len(decimals),
            "floatingPoint": 0.125,
        },
        "astyle": {"asprecision": precision},
    }


def unit_price(quantity: str, commodity: str, precision: int = 2) -> Json:
    return {"tag": "UnitPrice", "contents": amount(quantity, commodity, precision=precision)}


def total_price(quantity: str, commodity: str, precision: int = 2) -> Json:
    return {"tag": "TotalPrice", "contents": amount(quantity, commodity, precision=precision)}


def posting(account: str, *amounts: Json, kind: str = "RegularPosting") -> Json:
    return {"paccount": account, "pamount": list(amounts), "ptype": kind, "ptags": []}


def transaction(*postings: Json, **members: Any) -> Json:
    return {
        "tcode": "",
        "tcomment": "",
        "tdate": "2024-02-29",
        "tdescription": "Lunch",
        "tindex": 1,
        "tpostings": list(postings),
        "tstatus": "Cleared",
        "ttags": [],
    } | members


def lunch(**members: Any) -> Json:
    return transaction(
        posting("expenses:food", amount("12.50")), posting("assets:cash", amount("-12.50")), **members
    )


def read_json(document: object, default_asset: str | None = None) -> Journal:
    return read(json.dumps(document).encode(), ReadOptions(default_asset))


def refusal(document: object, default_asset: str | None = None) -> JournalError:
    with pytest.raises(JournalError) as refused:
        read_json(document, default_asset)
    return refused.value


def entries(journal: Journal) -> list[tuple[str, str, str]]:
    return [(e.account, e.asset, str(e.quantity)) for record in journal.records for e in record.entries]


# What hledger wrote


@needs_data
@pytest.mark.parametrize("path", journals("hledger/*.json"), ids=lambda path: path.stem)
def test_balances_equal_those_of_hledger(path: Path) -> None:
    journal = read(path.read_bytes(), ReadOptions(default_asset="XXX"))

    assert_balances(journal, expected_balances(path), CONVERSION_ACCOUNT)
    assert len(journal.records) + journal.skipped == len(json.loads(path.read_bytes()))


@needs_data
def test_every_journal_of_hledger_is_found() -> None:
    assert len(journals("hledger/*.json")) == 10


@needs_data
def test_a_journal_without_commodities_needs_a_default_asset() -> None:
    borrowing = next(path for path in journals("hledger/*.json") if path.stem == "borrowing")

    with pytest.raises(JournalError, match="default_asset") as refused:
        read(borrowing.read_bytes(), ReadOptions())
    assert refused.value.code == "invalid_amount"
    assert refused.value.where == "index 0"


# Records


def test_a_record_keeps_day_description_code_and_tags() -> None:
    [record] = read_json([lunch(tcode="C1", ttags=[["trip", "Zürich"], ["flag", ""]])]).records

    assert record.where == "index 0"
    assert record.effective_at == datetime(2024, 2, 29, tzinfo=UTC)
    assert record.description == "Lunch"
    assert record.reference is None
    assert record.metadata == {"code": "C1", "trip": "Zürich", "flag": ""}


def test_hledger_tells_no_account_types() -> None:
    assert read_json([lunch()]).account_types == {}


def test_a_tag_that_occurs_again_keeps_all_its_values() -> None:
    [record] = read_json([lunch(tcode="C1", ttags=[["who", "a"], ["code", "x"], ["who", "b"]])]).records

    assert record.metadata == {"code": "C1, x", "who": "a, b"}


def test_more_than_fifty_keys_of_metadata_are_refused() -> None:
    tags = [[f"t{number}", ""] for number in range(50)]
    assert len(read_json([lunch(ttags=tags)]).records[0].metadata) == 50

    assert refusal([lunch(), lunch(ttags=tags, tcode="C")]).where == "index 1"


def test_account_paths_are_composed() -> None:
    decomposed = unicodedata.normalize("NFD", "assets:Zürich")
    [record] = read_json([transaction(posting(decomposed, amount("1")), posting("b", amount("-1")))]).records

    assert record.entries[0].account == unicodedata.normalize("NFC", decomposed) != decomposed


def test_the_format_is_registered() -> None:
    assert READERS["hledger-json"](b"[]", ReadOptions()) == read(b"[]", ReadOptions())


@pytest.mark.parametrize(
    "options", [{"columns": {"amount": "x"}}, {"account": ""}, {"counter_account": "equity:x"}]
)
def test_what_is_said_of_columns_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(JournalError) as refused:
        READERS["hledger-json"](b"[]", ReadOptions(**options))
    assert refused.value.code == "invalid_parameter"


# Quantities


def test_a_quantity_is_taken_from_the_mantissa_and_not_from_the_float() -> None:
    quantity = f"{2**80 + 1}.0000000000000000001"
    journal = read_json([transaction(posting("a", amount(quantity)), posting("b", amount(f"-{quantity}")))])

    assert entries(journal) == [("a", "EUR", quantity), ("b", "EUR", f"-{quantity}")]


def test_trailing_zeros_are_dropped_but_no_exponent_appears() -> None:
    journal = read_json([transaction(posting("a", amount("100.0000")), posting("b", amount("-100")))])

    assert entries(journal) == [("a", "EUR", "100"), ("b", "EUR", "-100")]


def test_postings_of_zero_are_dropped_even_without_a_commodity() -> None:
    journal = read_json([transaction(*lunch()["tpostings"], posting("c", amount("0", "")))])

    assert [account for account, _, _ in entries(journal)] == ["expenses:food", "assets:cash"]


def test_a_record_of_zeros_alone_counts_as_skipped() -> None:
    journal = read_json([transaction(posting("a", amount("0.00"))), lunch(), transaction()])

    assert journal.skipped == 2
    assert [record.where for record in journal.records] == ["index 1"]


def test_amounts_without_a_commodity_are_of_the_default_asset() -> None:
    journal = read_json([transaction(posting("a", amount("1", "")), posting("b", amount("-1", "")))], "XXX")

    assert entries(journal) == [("a", "XXX", "1"), ("b", "XXX", "-1")]


def test_a_posting_of_several_commodities_is_several_entries() -> None:
    both = posting("a", amount("1", "EUR"), amount("2", "USD"))
    journal = read_json([transaction(both, posting("b", amount("-1", "EUR"), amount("-2", "USD")))])

    assert entries(journal) == [("a", "EUR", "1"), ("a", "USD", "2"), ("b", "EUR", "-1"), ("b", "USD", "-2")]


# Conversion


def test_an_exchange_at_a_unit_price_is_completed_for_each_asset() -> None:
    bought = posting("a", amount("10", "ACME", cost=unit_price("1.10", "EUR")))
    journal = read_json([transaction(bought, posting("b", amount("-11.00", "EUR")))])

    assert entries(journal)[2:] == [("equity:conversion", "ACME", "-10"), ("equity:conversion", "EUR", "11")]


def test_a_total_price_has_the_sign_of_its_amount() -> None:
    sold = posting("a", amount("-135", "USD", cost=total_price("-100", "EUR")))

    assert read_json([transaction(sold, posting("b", amount("100", "EUR")))]).records
    assert refusal([transaction(sold, posting("b", amount("-100", "EUR")))]).code == "unbalanced"


@pytest.mark.parametrize(("tag", "price"), [("UnitCost", "1.10"), ("TotalCost", "11.00")])
def test_later_versions_call_a_price_a_cost(tag: str, price: str) -> None:
    bought = amount("10", "ACME")
    del bought["aprice"]
    bought["acost"] = {"tag": tag, "contents": amount(price, "EUR")}

    assert (
        len(entries(read_json([transaction(posting("a", bought), posting("b", amount("-11", "EUR")))]))) == 4
    )


def test_virtual_postings_need_not_balance_and_the_conversion_account_takes_their_counterpart() -> None:
    journal = read_json([transaction(posting("budget", amount("30"), kind="VirtualPosting"))])

    assert entries(journal) == [("budget", "EUR", "30"), ("equity:conversion", "EUR", "-30")]


def test_postings_that_exchange_through_equity_balance_as_they_stand() -> None:
    journal = read_json(
        [
            transaction(
                posting("a", amount("10", "EUR", cost=unit_price("1.10", "USD"))),
                posting("equity:fx", amount("-10", "EUR"), amount("11", "USD")),
                posting("b", amount("-11", "USD")),
            )
        ]
    )

    assert "equity:conversion" not in {account for account, _, _ in entries(journal)}


# Balancing


@pytest.mark.parametrize("price", ["0.325", "0.33", "0.335"])
def test_a_sum_within_half_a_unit_of_what_is_displayed_is_balanced(price: str) -> None:
    bought = posting("a", amount("1", "ACME", cost=unit_price(price, "EUR", precision=3)))

    assert read_json([transaction(bought, posting("b", amount("-0.33", "EUR")))]).records


@pytest.mark.parametrize("price", ["0.3249", "0.3351"])
def test_a_sum_beyond_half_a_unit_of_what_is_displayed_is_unbalanced(price: str) -> None:
    bought = posting("a", amount("1", "ACME", cost=unit_price(price, "EUR", precision=4)))

    refused = refusal([lunch(), transaction(bought, posting("b", amount("-0.33", "EUR")))])
    assert refused.code == "unbalanced"
    assert refused.where == "index 1"


def test_a_commodity_met_only_in_prices_has_the_precision_that_the_journal_posts_it_with() -> None:
    exchange = transaction(
        posting("a", amount("1", "ACME", cost=unit_price("0.333", "USD", precision=3))),
        posting("b", amount("-1", "EMCA", cost=unit_price("0.33", "USD"))),
    )
    posted_elsewhere = transaction(posting("a", amount("1", "USD")), posting("b", amount("-1", "USD")))

    assert refusal([exchange]).code == "unbalanced"
    assert len(read_json([exchange, posted_elsewhere]).records) == 2


def test_an_amount_that_hledger_rounded_when_it_wrote_is_refused() -> None:
    """Seen in hledger 1.25: ten decimals are left of eighteen, and nothing at all of a very small amount."""
    for quantity in ("1.2345678901", "0.0000000000"):
        refused = refusal([lunch(), transaction(*there_and_back(quantity, precision=18))])
        assert (refused.code, refused.where) == ("invalid_amount", "index 1")
    whole = (there_and_back("1.5", precision=18), there_and_back("1.2345678901", precision=10))
    assert len(read_json([transaction(*each) for each in whole]).records) == 2


def there_and_back(quantity: str, precision: int) -> tuple[Json, Json]:
    signs = (("a", ""), ("b", "-"))
    there, back = (posting(name, amount(sign + quantity, "ETH", precision=precision)) for name, sign in signs)
    return there, back


@pytest.mark.parametrize("where", ["amount", "price"])
def test_rounding_is_told_where_it_is_why_a_transaction_does_not_balance(where: str) -> None:
    # 0.12345678 BTC @ 43210.123 USD, as hledger 1.25 writes the other posting; or with a longer price.
    long, price = ("43210.1234567891", 11) if where == "price" else ("43210.123", 3)
    bought = amount("0.12345678", "BTC", cost=unit_price(long, "USD", price), precision=8)
    paid = amount("-5334.5826491499", "USD", precision=11 if where == "amount" else 10)
    error = refusal([transaction(posting("assets:btc", bought), posting("assets:cash", paid))])
    assert (error.code, "rounds to ten" in error.message) == ("invalid_amount", True)


def test_an_amount_without_a_precision_displays_all_its_decimals() -> None:
    exact = amount("0.125")
    exact["astyle"]["asprecision"] = None

    assert refusal([transaction(posting("a", exact), posting("b", amount("-0.124")))]).code == "unbalanced"


@pytest.mark.parametrize(
    "postings",
    [
        [posting("a", amount("1"))],
        [posting("a", amount("1")), posting("b", amount("-2"))],
        [posting("a", amount("1", "EUR")), posting("b", amount("-1", "USD"))],
        [posting("a", amount("1"), kind="BalancedVirtualPosting")],
        [posting("a", amount("1")), posting("b", amount("-1"), kind="VirtualPosting")],
        [posting("a", amount("1")), posting("b", amount("-1"), kind="BalancedVirtualPosting")],
    ],
)
def test_what_does_not_balance_is_refused(postings: list[Json]) -> None:
    refused = refusal([lunch(), transaction(*postings)])

    assert (refused.code, refused.where) == ("unbalanced", "index 1")


# Names


@pytest.mark.parametrize("commodity", ["odd com", 'a"b', "a'b", "x" * 33, "tab\t", "\ud800"])
def test_a_commodity_that_cannot_be_an_asset_is_refused_by_name(commodity: str) -> None:
    refused = refusal(
        [transaction(posting("a", amount("1", commodity)), posting("b", amount("-1", commodity)))]
    )

    assert (refused.code, refused.where) == ("invalid_request", "index 0")
    assert "commodity" in refused.message
    assert refused.message.encode()


def test_a_refusal_is_short_however_long_the_name() -> None:
    for name in ("x" * 10_000, "\0" * 10_000):
        lines = [posting("a", amount("1", name)), posting("b", amount("-1", name))]
        assert len(refusal([transaction(*lines)]).message) < 200


def test_a_default_asset_must_be_an_asset_too() -> None:
    assert (
        "a b"
        in refusal(
            [transaction(posting("a", amount("1", "")), posting("b", amount("-1", "")))], "a b"
        ).message
    )


@pytest.mark.parametrize("account", ["", ":", "a::b", "a:", "a: :b", "a\nb", "x" * 256, "\ud800", "a\0"])
def test_a_name_that_cannot_be_an_account_is_refused(account: str) -> None:
    refused = refusal([transaction(posting(account, amount("1")), posting("b", amount("-1")))])

    assert (refused.code, refused.where) == ("invalid_request", "index 0")
    assert refused.message.encode()


@pytest.mark.parametrize(
    "members",
    [
        {"tdescription": "\0"},
        {"tdescription": "\udfff"},
        {"tcode": "\0"},
        {"ttags": [["\0", ""]]},
        {"ttags": [["a", "\ud800"]]},
    ],
)
def test_words_that_no_database_can_keep_are_refused(members: Json) -> None:
    refused = refusal([lunch(**members)])

    assert (refused.code, refused.where) == ("invalid_request", "index 0")
    assert refused.message.encode()


# What is not hledger's JSON


def removed(document: Json, *path: str | int) -> Json:
    changed = copy.deepcopy(document)
    place: Any = changed
    for step in path[:-1]:
        place = place[step]
    del place[path[-1]]
    return changed


AMOUNT = ("tpostings", 0, "pamount", 0)


@pytest.mark.parametrize(
    "path",
    [
        ("tcode",),
        ("tdate",),
        ("tdescription",),
        ("ttags",),
        ("tpostings",),
        ("tpostings", 0, "paccount"),
        ("tpostings", 0, "pamount"),
        ("tpostings", 0, "ptype"),
        (*AMOUNT, "acommodity"),
        (*AMOUNT, "aquantity"),
        (*AMOUNT, "aquantity", "decimalMantissa"),
        (*AMOUNT, "aquantity", "decimalPlaces"),
        (*AMOUNT, "astyle"),
        (*AMOUNT, "astyle", "asprecision"),
    ],
)
def test_a_missing_key_is_refused_by_index(path: tuple[str | int, ...]) -> None:
    refused = refusal([lunch(), removed(lunch(), *path)])

    assert (refused.code, refused.where) == ("invalid_request", "index 1")


def replaced(document: Json, value: object, *path: str | int) -> Json:
    changed = copy.deepcopy(document)
    place: Any = changed
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return changed


@pytest.mark.parametrize(
    ("value", "path"),
    [
        (1, ("tdescription",)),
        (None, ("tcode",)),
        ("2024-02-30", ("tdate",)),
        ("20240229", ("tdate",)),
        ("2024-2-1", ("tdate",)),
        ([["a"]], ("ttags",)),
        ("tags", ("ttags",)),
        ({}, ("tpostings",)),
        (["posting"], ("tpostings",)),
        ("Posting", ("tpostings", 0, "ptype")),
        (1.0, (*AMOUNT, "aquantity", "decimalMantissa")),
        (True, (*AMOUNT, "aquantity", "decimalMantissa")),
        ("1250", (*AMOUNT, "aquantity", "decimalMantissa")),
        (-1, (*AMOUNT, "aquantity", "decimalPlaces")),
        (256, (*AMOUNT, "aquantity", "decimalPlaces")),
        (10**40, (*AMOUNT, "aquantity", "decimalPlaces")),
        (-1, (*AMOUNT, "astyle", "asprecision")),
        ({"tag": "Gift", "contents": amount("1")}, (*AMOUNT, "aprice")),
        ({"tag": "UnitPrice"}, (*AMOUNT, "aprice")),
        ("1 USD", (*AMOUNT, "aprice")),
    ],
)
def test_a_value_of_another_kind_is_refused_by_index(value: object, path: tuple[str | int, ...]) -> None:
    refused = refusal([lunch(), replaced(lunch(), value, *path)])

    assert (refused.code, refused.where) == ("invalid_request", "index 1")


@pytest.mark.parametrize("document", [{}, None, "journal", 1, {"data": []}])
def test_a_journal_that_is_no_array_is_refused(document: object) -> None:
    refused = refusal(document)

    assert (refused.code, refused.where) == ("invalid_request", None)


@pytest.mark.parametrize("item", [None, 1, "transaction", []])
def test_a_transaction_that_is_no_object_is_refused(item: object) -> None:
    assert refusal([lunch(), item]).where == "index 1"


def test_a_key_that_has_no_utf8_is_refused() -> None:
    assert refusal([lunch(**{"\ud800": 1})]).where == "index 0"


def test_an_amount_of_too_many_digits_is_refused() -> None:
    long = "9" * 1001
    refused = refusal([transaction(posting("a", amount(long)), posting("b", amount(f"-{long}")))])

    assert (refused.code, refused.where) == ("invalid_amount", "index 0")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[",
        b"[,]",
        b"2024-01-01 lunch\n  a  1\n  b\n",
        b"[NaN]",
        b"[Infinity]",
        b'[{"tdate": -Infinity}]',
        b'[{"tdate": "2024-01-01", "tdate": "2024-01-01"}]',
        b'["\xff"]',
        b"\xef\xbb\xbf[]",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"[" + b"9" * 5_000 + b"]",
        b"[] []",
    ],
    ids=lambda data: repr(data[:30]),
)
def test_what_is_not_json_is_malformed(data: bytes) -> None:
    with pytest.raises(JournalError) as refused:
        read(data, ReadOptions("XXX"))
    assert (refused.value.code, refused.value.where) == ("malformed_json", None)


# Whatever is sent

SEED = [
    lunch(tcode="C1", ttags=[["trip", "berlin"]]),
    transaction(
        posting("a", amount("10", "ACME", cost=unit_price("1.10", "EUR"))),
        posting("b", amount("-11.00", "EUR")),
        posting("c", amount("3", ""), kind="VirtualPosting"),
        posting("d", amount("-1", "X", cost=total_price("-2", "Y")), kind="BalancedVirtualPosting"),
        posting("e", amount("2", "Y"), kind="BalancedVirtualPosting"),
    ),
]
surrogates = st.characters(categories=["Cs"])
anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(10**4200), 10**4200)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters() | surrogates, max_size=40)
    | st.sampled_from(["", "VirtualPosting", "2024-01-01", "9999-12-31", "\0", "TotalPrice"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def places(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Every path into the document."""
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [
        *([path] if path else []),
        *(deep for step, inner in steps for deep in places(inner, (*path, step))),
    ]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(places(SEED)), anything), min_size=1, max_size=3))
def test_nothing_but_a_refusal_comes_out_of_a_changed_journal(changes: list[tuple[Any, Any]]) -> None:
    document: Any = copy.deepcopy(SEED)
    for path, value in changes:
        place = document
        try:
            for step in path[:-1]:
                place = place[step]
            place[path[-1]] = value
        except (KeyError, IndexError, TypeError, AttributeError):
            # An earlier change took this place away.
            continue
    accept_or_refuse(json.dumps(document).encode())


@settings(max_examples=80, deadline=None)
@given(anything)
def test_nothing_but_a_refusal_comes_out_of_any_json(document: object) -> None:
    accept_or_refuse(json.dumps([document]).encode())


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=60), st.integers(0, len(json.dumps(SEED))), st.integers(0, 60))
def test_nothing_but_a_refusal_comes_out_of_any_bytes(junk: bytes, start: int, length: int) -> None:
    data = json.dumps(SEED).encode()
    accept_or_refuse(data[:start] + junk + data[start + length :])


def accept_or_refuse(data: bytes) -> None:
    """A refusal travels as UTF-8, and must not be as long as what was sent."""
    try:
        read(data, ReadOptions("XXX"))
    except JournalError as refused:
        told = str(refused).encode()
        if len(told) > 500:
            pytest.fail(f"a refusal of {len(told)} bytes")
