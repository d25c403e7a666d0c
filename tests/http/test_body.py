"""Decoding a body: strict JSON, and a pointer to the field at fault."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from myapp.api.bodies import AccountBody, LedgerBody, TransactionBody
from myapp.http.body import decode_json, parse_json
from myapp.http.errors import MalformedJson
from myapp.ledger.errors import InvalidAmount, InvalidRequest, LedgerError

text = st.text(st.characters(exclude_categories=["Cs"]))
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | text,
    lambda inner: st.lists(inner) | st.dictionaries(text, inner),
    max_leaves=10,
)


@given(value=values)
def test_json_is_read_as_it_was_written(value: Any) -> None:
    for ascii_only in (True, False):
        assert parse_json(json.dumps(value, ensure_ascii=ascii_only).encode()) == value


@given(body=st.binary())
def test_bytes_of_any_kind_are_json_or_malformed(body: bytes) -> None:
    try:
        value = parse_json(body)
    except MalformedJson:
        return
    assert not (isinstance(value, float) and math.isnan(value))


POINTERS = [
    (TransactionBody, {}, InvalidRequest, "/postings"),
    (TransactionBody, {"postings": {}}, InvalidRequest, "/postings"),
    (TransactionBody, {"postings": [1]}, InvalidRequest, "/postings/0"),
    (
        TransactionBody,
        {"postings": [{"account": "a", "asset": "b", "amount": 1}]},
        InvalidAmount,
        "/postings/0/amount",
    ),
    (TransactionBody, {"postings": [{"account": "a", "asset": "b"}]}, InvalidRequest, "/postings/0/amount"),
    (
        TransactionBody,
        {"postings": [{"account": 1, "asset": "b", "amount": "1"}]},
        InvalidRequest,
        "/postings/0/account",
    ),
    (TransactionBody, {"postings": [], "amount": 1}, InvalidRequest, "/amount"),
    (TransactionBody, {"postings": [], "a - at `$.b`": 1}, InvalidRequest, None),
    (AccountBody, {"path": "a", "limits": {"USD": {"min": 1}}}, InvalidAmount, "/limits"),
    (AccountBody, {"path": "a", "limits": {"min": []}}, InvalidRequest, "/limits"),
    (AccountBody, {"path": "a", "metadata": {"amount": 1}}, InvalidRequest, "/metadata"),
    (
        LedgerBody,
        {"name": "a", "assets": [{"code": "b", "scale": 1}, {"code": "b"}]},
        InvalidRequest,
        "/assets/1/scale",
    ),
    (LedgerBody, [], InvalidRequest, ""),
]


@pytest.mark.parametrize(("shape", "value", "error", "pointer"), POINTERS)
def test_a_field_at_fault_is_pointed_at(
    shape: type, value: Any, error: type[LedgerError], pointer: str | None
) -> None:
    with pytest.raises(LedgerError) as caught:
        decode_json(json.dumps(value).encode(), shape)
    assert type(caught.value) is error
    if pointer is not None:
        assert caught.value.pointer == pointer
