"""Limits: given on the account's normal side, stored as bounds of debits minus credits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from myapp.ledger.errors import InvalidAmount, InvalidRequest, UnknownAsset
from myapp.ledger.limits import format_limits, parse_limits
from myapp.ledger.money import format_amount
from myapp.ledger.rules import ACCOUNT_TYPES

SCALES = {"USD": 2}
bounds = st.none() | st.integers(-(2**63) + 1, 2**63 - 1)


@given(bounds, bounds, st.sampled_from(ACCOUNT_TYPES))
def test_limits_are_shown_as_they_were_given(low: int | None, high: int | None, account_type: str) -> None:
    if low is not None and high is not None and low > high:
        low, high = high, low
    given_limits = {
        name: format_amount(bound, 2) for name, bound in (("min", low), ("max", high)) if bound is not None
    }
    stored = parse_limits({"USD": given_limits}, account_type, SCALES)["USD"]
    assert format_limits(stored, account_type, 2) == given_limits


def test_a_minimum_of_a_debit_account_is_a_lower_bound() -> None:
    assert parse_limits({"USD": {"min": "1", "max": "5"}}, "asset", SCALES) == {"USD": (100, 500)}


def test_a_minimum_of_a_credit_account_is_an_upper_bound_of_the_other_sign() -> None:
    assert parse_limits({"USD": {"min": "1", "max": "5"}}, "liability", SCALES) == {"USD": (-500, -100)}


def test_a_null_limit_is_none() -> None:
    assert parse_limits({"USD": {"min": None}}, "asset", SCALES) == {"USD": (None, None)}


def test_a_minimum_above_the_maximum_is_refused() -> None:
    with pytest.raises(InvalidRequest) as refused:
        parse_limits({"USD": {"min": "5", "max": "1"}}, "income", SCALES)
    assert refused.value.pointer == "/limits/USD"


def test_a_limit_of_an_unknown_asset_is_refused() -> None:
    with pytest.raises(UnknownAsset) as refused:
        parse_limits({"A/B": {"min": "5"}}, "asset", SCALES)
    assert refused.value.pointer == "/limits/A~1B"


def test_a_limit_has_the_precision_of_its_asset() -> None:
    with pytest.raises(InvalidAmount) as refused:
        parse_limits({"USD": {"max": "0.001"}}, "asset", SCALES)
    assert refused.value.pointer == "/limits/USD/max"
