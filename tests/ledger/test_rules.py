"""The rules of double entry, of names and of texts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from myapp.ledger import rules
from myapp.ledger.drafts import EntryPosting, PostingDraft
from myapp.ledger.errors import (
    AmountOutOfRange,
    InvalidAmount,
    InvalidRequest,
    LedgerError,
    Unbalanced,
    UnknownAsset,
)
from myapp.ledger.money import format_amount

SCALES = {"USD": 2, "JPY": 0}


def draft(*legs: tuple[str, str, str]) -> list[PostingDraft]:
    return [PostingDraft(*leg) for leg in legs]


# Double entry


def test_balanced_postings_become_smallest_units_in_their_order() -> None:
    sent = draft(("expenses:food", "USD", "12.5"), ("assets:cash", "USD", "-12.50"))
    assert rules.check_postings(sent, SCALES) == (
        EntryPosting("expenses:food", "USD", 1250),
        EntryPosting("assets:cash", "USD", -1250),
    )


@given(st.lists(st.integers(-(10**9), 10**9).filter(bool), min_size=2, max_size=8))
def test_postings_are_accepted_exactly_when_they_sum_to_zero(minors: list[int]) -> None:
    sent = draft(*(("assets:a", "USD", format_amount(minor, 2)) for minor in minors))
    if sum(minors) == 0:
        assert [each.amount_minor for each in rules.check_postings(sent, SCALES)] == minors
    else:
        with pytest.raises(Unbalanced):
            rules.check_postings(sent, SCALES)


@pytest.mark.parametrize(
    ("legs", "error", "pointer"),
    [
        ([], InvalidRequest, "/postings"),
        ([("a", "USD", "1")], InvalidRequest, "/postings"),
        ([("a", "USD", "1"), ("b", "USD", "-0.99")], Unbalanced, "/postings"),
        ([("a", "USD", "1"), ("b", "JPY", "-1")], Unbalanced, "/postings"),
        ([("a", "USD", "1"), ("b", "EUR", "-1")], UnknownAsset, "/postings/1/asset"),
        ([("a", "USD", "0.00"), ("b", "USD", "0")], InvalidAmount, "/postings/0/amount"),
        ([("a", "JPY", "1.0"), ("b", "JPY", "-1")], InvalidAmount, "/postings/0/amount"),
        ([("a", "JPY", "1"), ("b::c", "JPY", "-1")], InvalidRequest, "/postings/1/account"),
        ([("a", "JPY", str(2**63)), ("b", "JPY", "-1")], AmountOutOfRange, "/postings/0/amount"),
    ],
)
def test_a_refusal_names_the_field(
    legs: list[tuple[str, str, str]], error: type[LedgerError], pointer: str
) -> None:
    with pytest.raises(error) as refused:
        rules.check_postings(draft(*legs), SCALES)
    assert refused.value.pointer == pointer


def test_debits_that_exceed_64_bits_together_are_out_of_range() -> None:
    most = str(2**63 - 1)
    legs = [("a", "JPY", most), ("a", "JPY", "1"), ("b", "JPY", f"-{most}"), ("b", "JPY", "-1")]
    with pytest.raises(AmountOutOfRange):
        rules.check_postings(draft(*legs), SCALES)


def test_a_transaction_has_an_upper_number_of_postings() -> None:
    pair = [("a", "JPY", "1"), ("b", "JPY", "-1")]
    assert len(rules.check_postings(draft(*pair * (rules.POSTINGS_MAX // 2)), SCALES)) == rules.POSTINGS_MAX
    with pytest.raises(InvalidRequest):
        rules.check_postings(draft(*pair * (rules.POSTINGS_MAX // 2 + 1)), SCALES)


# Types


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("assets:bank", "asset"),
        ("Asset", "asset"),
        ("LIABILITIES:card", "liability"),
        ("equity", "equity"),
        ("revenues:x", "income"),
        ("Income:x", "income"),
        ("expense:x", "expense"),
        ("assetsx:bank", None),
        ("bank:assets", None),
        ("", None),
    ],
)
def test_the_first_segment_tells_the_type(path: str, told: str | None) -> None:
    assert rules.type_of(path) == told


@pytest.mark.parametrize("account_type", rules.ACCOUNT_TYPES)
def test_assets_and_expenses_grow_by_debits_and_the_rest_by_credits(account_type: str) -> None:
    assert (rules.normal_side(account_type) == "debit") == (account_type in ("asset", "expense"))


# Names


@pytest.mark.parametrize(
    "path", ["a", "a:b", "Equity:Opening Balances", "equity:opening/closing", "㐀:㐁", "a" * 255]
)
def test_a_printable_path_is_kept(path: str) -> None:
    assert rules.check_path(path) == path


@pytest.mark.parametrize(
    "path", ["", ":", "a:", ":a", "a::b", "a: :b", "a\n", "a\0", "a\u200b", "\ud800", "a" * 256]
)
def test_a_path_that_cannot_be_read_is_refused(path: str) -> None:
    with pytest.raises(InvalidRequest):
        rules.check_path(path)


def test_two_spellings_of_one_letter_are_one_path() -> None:
    assert rules.check_path("assets:cafe\u0301") == "assets:caf\u00e9"


@pytest.mark.parametrize("code", ["USD", "$", "€", "a:b", "x" * 32])
def test_an_asset_code_is_kept(code: str) -> None:
    assert rules.check_asset_code(code) == code


@pytest.mark.parametrize("code", ["", "x" * 33, "a b", 'a"', "a'", "a\n", "a\u00a0", "\0"])
def test_an_asset_code_with_a_space_a_quote_or_worse_is_refused(code: str) -> None:
    with pytest.raises(InvalidRequest):
        rules.check_asset_code(code)


@pytest.mark.parametrize("name", ["a", "0", "my-books_2", "a" * 63])
def test_a_ledger_name_is_kept(name: str) -> None:
    assert rules.check_ledger_name(name) == name


@pytest.mark.parametrize("name", ["", "A", "-a", "_a", "a" * 64, "a b", "a/b", "a\n", "é"])
def test_a_ledger_name_that_is_no_simple_word_is_refused(name: str) -> None:
    with pytest.raises(InvalidRequest):
        rules.check_ledger_name(name)


@pytest.mark.parametrize("scale", [-1, 19])
def test_a_scale_beyond_18_decimals_is_refused(scale: int) -> None:
    with pytest.raises(InvalidRequest):
        rules.check_scale(scale)


# Texts


def test_fifty_metadata_keys_are_kept_and_one_more_is_refused() -> None:
    most = {str(number): "x" for number in range(50)}
    assert rules.check_metadata(most) == most
    with pytest.raises(InvalidRequest):
        rules.check_metadata({**most, "one more": "x"})


@pytest.mark.parametrize("metadata", [{"a\0": "x"}, {"a": "\0"}, {"a" * 256: "x"}, {"a": "x" * 10_001}])
def test_metadata_that_cannot_be_kept_is_refused(metadata: dict[str, str]) -> None:
    with pytest.raises(InvalidRequest):
        rules.check_metadata(metadata)


def test_a_pointer_escapes_what_a_json_pointer_must() -> None:
    assert rules.escape_pointer("a/b~c") == "a~1b~0c"


@pytest.mark.parametrize("reference", ["", "a\0", "a" * 256])
def test_a_reference_is_a_short_text_that_is_not_empty(reference: str) -> None:
    with pytest.raises(InvalidRequest):
        rules.check_reference(reference)
