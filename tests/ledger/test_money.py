"""Amounts: decimal strings outside, integers inside."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from myapp.ledger.errors import AmountOutOfRange, InvalidAmount
from myapp.ledger.money import MINOR_MAX, SCALE_MAX, decimals_of, format_amount, parse_amount

minors = st.integers(-MINOR_MAX, MINOR_MAX)
scales = st.integers(0, SCALE_MAX)


@given(minors, scales)
def test_an_amount_survives_being_written_and_read(minor: int, scale: int) -> None:
    assert parse_amount(format_amount(minor, scale), scale) == minor


@given(minors, scales)
def test_an_amount_shows_all_its_decimals_and_no_exponent(minor: int, scale: int) -> None:
    shown = format_amount(minor, scale)
    assert len(shown.partition(".")[2]) == scale
    assert Decimal(shown) * 10**scale == minor


@pytest.mark.parametrize(
    ("text", "scale", "minor"),
    [
        ("12.5", 2, 1250),
        ("12", 2, 1200),
        ("-0.01", 2, -1),
        ("0", 2, 0),
        ("-0.00", 2, 0),
        ("007", 0, 7),
        ("0000000000000000000000000000000000000000000000001", 0, 1),
        ("9223372036854775807", 0, MINOR_MAX),
        ("-9.223372036854775807", 18, -MINOR_MAX),
    ],
)
def test_a_plain_decimal_is_read(text: str, scale: int, minor: int) -> None:
    assert parse_amount(text, scale) == minor


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "+1",
        "1.",
        ".5",
        "1e3",
        "1,000",
        "1 000",
        " 1",
        "1\n",
        "NaN",
        "Infinity",
        "--1",
        "0x1",
        "\u0661",
        "1_0",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(InvalidAmount):
        parse_amount(text, 2)


def test_a_decimal_too_many_is_refused_even_when_it_is_zero() -> None:
    with pytest.raises(InvalidAmount):
        parse_amount("1.000", 2)


@pytest.mark.parametrize("text", ["9223372036854775808", "-9223372036854775808", "9" * 41, "9" * 100_000])
def test_more_than_64_bits_is_out_of_range(text: str) -> None:
    with pytest.raises(AmountOutOfRange):
        parse_amount(text, 0)


def test_a_refusal_does_not_echo_a_megabyte() -> None:
    with pytest.raises(InvalidAmount) as refused:
        parse_amount("x" * 1_000_000, 2)
    assert len(str(refused.value)) < 200


def test_a_refusal_points_to_the_field() -> None:
    with pytest.raises(InvalidAmount) as refused:
        parse_amount("x", 2, pointer="/postings/0/amount")
    assert refused.value.pointer == "/postings/0/amount"


@pytest.mark.parametrize(
    ("quantity", "decimals"), [("1.50", 2), ("1.5", 1), ("1", 0), ("1E+3", 0), ("0.00", 2)]
)
def test_the_decimals_of_a_quantity_are_counted(quantity: str, decimals: int) -> None:
    assert decimals_of(Decimal(quantity)) == decimals
