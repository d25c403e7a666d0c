"""The scale of a new asset: what the file needs, and never less than a currency's minor unit."""

from __future__ import annotations

import pytest
from webtest import TestApp

from myapp.interchange.new_assets import minor_units
from tests.interchange.imports import ADDRESS, document, listed, record, send


def scales(app: TestApp) -> dict[str, int]:
    return {each["code"]: each["scale"] for each in listed(app, "assets")}


@pytest.mark.parametrize(
    ("asset", "minor", "places", "scale"),
    [
        ("EUR", 125, 1, 2),
        ("EUR", 12, 0, 2),
        ("EUR", 12_345, 3, 3),
        ("JPY", 500, 0, 0),
        ("JPY", 5, 1, 1),
        ("KWD", 1, 0, 3),
        ("XAU", 1, 0, 0),
        ("XXX", 15, 1, 1),
        ("eur", 15, 1, 1),
        ("ACME", 1, 0, 0),
        # Trailing zeros and the precision of display, here both four, need nothing.
        ("ACME", 15_000, 4, 1),
        ("ACME", 1, 18, 18),
    ],
)
def test_a_new_asset_has_what_the_file_needs_and_a_currency_its_minor_unit(
    app: TestApp, asset: str, minor: int, places: int, scale: int
) -> None:
    send(app, document(record(minor, places=places, commodity=asset)), status=201)
    assert scales(app) == {asset: scale}


def test_the_record_that_needs_most_decides(app: TestApp) -> None:
    needs = [(1, 0), (1, 4), (1, 3)]
    send(
        app,
        document(*(record(minor, places=places, commodity="ACME") for minor, places in needs)),
        status=201,
    )
    assert scales(app) == {"ACME": 4}


def test_an_asset_that_is_declared_keeps_its_scale(app: TestApp) -> None:
    app.post_json(f"{ADDRESS}/assets", {"code": "EUR", "scale": 1}, status=201)
    send(app, document(record(125, places=1)), status=201)
    assert scales(app) == {"EUR": 1}


def test_what_has_no_minor_unit_is_left_out() -> None:
    assert {code: minor_units().get(code) for code in ("EUR", "JPY", "KWD", "XAU", "XXX", "BTC")} == {
        "EUR": 2,
        "JPY": 0,
        "KWD": 3,
        "XAU": None,
        "XXX": None,
        "BTC": None,
    }
