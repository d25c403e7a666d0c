from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from myapp.interchange.conversion import DIGITS_MAX, converted, exact, sums
from myapp.interchange.journal import Entry, JournalError

quantities = st.builds(
    lambda mantissa, places: exact(Decimal(mantissa).scaleb(-places)),
    st.integers(-(10**25), 10**25),
    st.integers(0, 255),
)
entries = st.builds(Entry, st.sampled_from(["a", "b"]), st.sampled_from(["EUR", "USD", "ACME"]), quantities)


@given(st.lists(entries, max_size=8))
def test_every_asset_sums_to_zero_and_nothing_else_changes(written: list[Entry]) -> None:
    completed = converted(written, "equity:conversion")

    assert not any(sums((entry.asset, entry.quantity) for entry in completed).values())
    kept = [entry for entry in written if entry.quantity]
    assert list(completed[: len(kept)]) == kept
    assert {entry.account for entry in completed[len(kept) :]} <= {"equity:conversion"}
    assert len(completed) != 1
    assert all(entry.quantity for entry in completed)


def test_sums_do_not_round_where_the_default_context_would() -> None:
    large, small = Decimal("1e40"), Decimal("1e-40")

    assert sums([("EUR", large), ("EUR", small), ("EUR", -large)]) == {"EUR": small}


def test_the_counterpart_does_not_round_where_the_default_context_would() -> None:
    quantity = Decimal("123456789012345678901234567890.123456789")

    assert converted([Entry("a", "EUR", quantity)], "c")[1].quantity == Decimal(
        "-123456789012345678901234567890.123456789"
    )


@pytest.mark.parametrize(
    ("number", "written"),
    [("12.500", "12.5"), ("100", "100"), ("100.00", "100"), ("0.00", "0"), ("-3E+2", "-300"), ("0E+9", "0")],
)
def test_a_number_is_written_without_trailing_zeros_or_an_exponent(number: str, written: str) -> None:
    assert str(exact(Decimal(number))) == written


@pytest.mark.parametrize(
    "number", ["NaN", "Infinity", f"1E+{DIGITS_MAX + 1}", f"1E-{DIGITS_MAX + 1}", "9" * (DIGITS_MAX + 1)]
)
def test_a_number_without_end_or_too_long_is_refused(number: str) -> None:
    with pytest.raises(JournalError) as refused:
        exact(Decimal(number))
    assert refused.value.code == "invalid_amount"
