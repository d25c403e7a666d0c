"""A transaction written in the page's form: posted once, or refused at the field that is wrong."""

from __future__ import annotations

from typing import Any

import pytest
from webtest import TestResponse

from tests.api.client import send_ok
from tests.web.conftest import BOOKS, ON_BOTH, Site

pytestmark = ON_BOTH

NEW = f"{BOOKS}/new"


def filled(site: Site, *rows: tuple[str, str, str], **fields: str) -> Any:
    """Return the form of a new transaction with rows of account, asset and amount typed into it."""
    form = site.app.get(NEW).forms["posting"]
    for number, row in enumerate(rows):
        for name, value in zip(("account", "asset", "amount"), row, strict=True):
            form.set(name, value, index=number)
    for name, value in fields.items():
        form[name] = value
    return form


def test_a_form_posts_a_transaction_and_goes_on_to_it(site: Site) -> None:
    rows = [("expenses:tea", "USD", "3.20"), ("assets:cash", "USD", "-3.20")]
    answer = filled(site, *rows, description="Tea", reference="t-1", effective_at="2026-02-03").submit(
        status=303
    )
    posted = site.journal()[0]
    assert answer.location.endswith(f"{BOOKS}/transactions/{posted['id']}")
    assert (posted["description"], posted["reference"]) == ("Tea", "t-1")
    assert posted["effective_at"] == "2026-02-03T00:00:00Z"
    assert [(each["account"], each["amount"]) for each in posted["postings"]] == [
        ("expenses:tea", "3.20"),
        ("assets:cash", "-3.20"),
    ]
    assert "Tea" in answer.follow().html.h1.text


def test_a_form_that_is_sent_twice_posts_once(site: Site) -> None:
    form = filled(site, ("expenses:tea", "USD", "3.20"), ("assets:cash", "USD", "-3.20"))
    before = len(site.journal())
    first, second = form.submit(status=303), form.submit(status=303)
    assert first.location == second.location
    assert len(site.journal()) == before + 1


def test_a_form_that_was_changed_after_it_was_sent_is_another_one(site: Site) -> None:
    form = filled(site, ("expenses:tea", "USD", "3.20"), ("assets:cash", "USD", "-3.20"))
    form.submit(status=303)
    before = site.journal()
    form.set("description", "Tea again")
    again = form.submit(status=422)
    assert "was sent before" in again.html.find(attrs={"role": "alert"}).text
    assert site.journal() == before
    again.forms["posting"].submit(status=303)
    assert [each["description"] for each in site.journal()[:2]] == ["Tea again", ""]


# Pairs of the metadata, the field that is wrong, and what is said there.
WRONG_METADATA = {
    "a key that is there twice": ([("trip", "Rome"), ("trip", "Oslo")], "Metadata key 1", "twice"),
    "a key that is too long": ([("", ""), ("k" * 256, "Rome")], "Metadata key 1", "255"),
    "a value that is too long": ([("a/b~c", "Rome"), ("trip", "v" * 10_001)], "Metadata value 2", "10000"),
    "a value whose key is escaped": ([("a/b~c", "v" * 10_001)], "Metadata value 1", "10000"),
}


@pytest.mark.parametrize(("pairs", "field", "why"), WRONG_METADATA.values(), ids=WRONG_METADATA)
def test_what_is_wrong_with_the_metadata_stands_there(
    site: Site, pairs: list[tuple[str, str]], field: str, why: str
) -> None:
    before = site.journal()
    form = filled(site, ("expenses:tea", "USD", "3.20"), ("assets:cash", "USD", "-3.20"))
    for number, (key, value) in enumerate(pairs):
        form.set("key", key, index=number)
        form.set("value", value, index=number)
    answer = form.submit(status=422)
    marked = answer.html.find_all(attrs={"aria-invalid": "true"})
    assert [each["aria-label"] for each in marked] == [field]
    assert why in answer.html.find(id=marked[0]["aria-describedby"]).text
    assert marked[0].find_parent("details").has_attr("open")
    assert answer.html.find(attrs={"role": "alert"}) is None
    fields = [answer.forms["posting"].fields[name] for name in ("key", "value")]
    shown = zip(*([each.value for each in column] for column in fields), strict=True)
    assert [pair for pair in shown if any(pair)] == [pair for pair in pairs if any(pair)]
    assert site.journal() == before


REFUSED = [
    ([("expenses:tea", "USD", "3.2x"), ("assets:cash", "USD", "-3.20")], "amount", 0),
    ([("expenses:tea", "USD", "3.20"), ("", "USD", ""), ("assets::cash", "USD", "-3.20")], "account", 1),
    ([("expenses:tea", "JPY", "3.20"), ("assets:cash", "JPY", "-3.20")], "amount", 0),
    ([("expenses:tea", "USD", "3.20"), ("assets:cash", "USD", "0")], "amount", 1),
    # What the books alone know names the account and no field.
    ([("expenses:tea", "USD", "3.20"), ("petty:cash", "USD", "-3.20")], "account", 1),
    (
        [("assets:a", "USD", "1"), ("purse", "USD", "-1"), ("assets:a", "JPY", "3"), ("purse", "JPY", "-3")],
        "amount",
        3,
    ),
]


@pytest.mark.parametrize(("rows", "field", "number"), REFUSED)
def test_a_refusal_stands_at_its_field_and_the_form_comes_back(
    site: Site, rows: list[tuple[str, str, str]], field: str, number: int
) -> None:
    purse = {"path": "purse", "type": "asset", "limits": {"JPY": {"min": "0"}}}
    send_ok(site.app, "POST", "/v1/ledgers/books/accounts", purse, 201)
    before = site.journal()
    answer = filled(site, *rows, description="Tea").submit(status=422)
    marked = answer.html.find_all(attrs={"aria-invalid": "true"})
    assert [(each["name"], each["aria-label"].split()[-1]) for each in marked] == [(field, str(number + 1))]
    assert answer.html.find(id=marked[0]["aria-describedby"]).text
    assert answer.html.find(attrs={"role": "alert"}) is None
    assert answer.forms["posting"]["description"].value == "Tea"
    assert typed(answer) == [row for row in rows if row[0]]
    assert site.journal() == before


def typed(answer: TestResponse) -> list[tuple[str, str, str]]:
    """Return the rows that are filled in."""
    columns = [answer.forms["posting"].fields[name] for name in ("account", "asset", "amount")]
    return [
        row for row in zip(*([field.value for field in column] for column in columns), strict=True) if row[0]
    ]


def test_what_belongs_to_no_field_stands_above_the_form(site: Site) -> None:
    answer = filled(site, ("expenses:tea", "USD", "3.20"), ("assets:cash", "USD", "-3.00")).submit(status=422)
    assert "0.20" in answer.html.find(attrs={"role": "alert"}).text


def test_a_refused_form_may_be_mended_and_sent(site: Site) -> None:
    refused = filled(site, ("expenses:tea", "USD", "3.20"), ("assets:cash", "USD", "-3.00")).submit(
        status=422
    )
    form = refused.forms["posting"]
    form.set("amount", "-3.20", index=1)
    before = len(site.journal())
    form.submit(status=303)
    assert len(site.journal()) == before + 1


def test_an_account_is_completed_from_its_beginning(site: Site) -> None:
    found = site.app.get(f"{BOOKS}/completions?account=assets").html.find_all("option")
    assert [option["value"] for option in found] == ["assets:cash"]


def test_a_reversal_is_shown_before_it_is_posted(site: Site) -> None:
    url = f"{BOOKS}/transactions/{site.ids['transaction']}/reverse"
    page = site.app.get(url)
    assert [each.text.split()[0] for each in page.html.select("td .amount")] == ["-12.50", "12.50"]
    answer = page.forms[0].submit(status=303).follow()
    assert "Reverses" in answer.text
    newest = site.journal()[0]
    assert newest["reverses"] == site.ids["transaction"]


def test_a_second_reversal_says_that_there_was_one(site: Site) -> None:
    url = f"{BOOKS}/transactions/{site.ids['transaction']}/reverse"
    first, second = site.app.get(url).forms[0], site.app.get(url).forms[0]
    first.submit(status=303)
    before = site.journal()
    assert "was reversed before" in second.submit(status=409).text
    assert site.journal() == before


def test_the_form_begins_with_the_asset_that_the_books_are_about(site: Site) -> None:
    page = site.app.get(f"{BOOKS}/new")
    chosen = page.html.select("select[name=asset] option[selected]")
    assert {each["value"] for each in chosen} == {"USD"}
