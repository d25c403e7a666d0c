"""A transaction written in the page's form: posted once, or refused at the field that is wrong."""

from __future__ import annotations

from typing import Any

import pytest
from webtest import TestResponse

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
    assert "used for another request" in form.submit(status=422).text
    assert site.journal() == before


def test_a_key_of_the_metadata_that_is_there_twice_is_refused(site: Site) -> None:
    before = site.journal()
    form = filled(site, ("expenses:tea", "USD", "3.20"), ("assets:cash", "USD", "-3.20"))
    for number, value in enumerate(("Rome", "Oslo")):
        form.set("key", "trip", index=number)
        form.set("value", value, index=number)
    answer = form.submit(status=422)
    assert "twice" in answer.text
    assert [each.value for each in answer.forms["posting"].fields["value"]][:2] == ["Rome", "Oslo"]
    assert site.journal() == before


REFUSED = [
    ([("expenses:tea", "USD", "3.2x"), ("assets:cash", "USD", "-3.20")], "amount", 0),
    ([("expenses:tea", "USD", "3.20"), ("", "USD", ""), ("assets::cash", "USD", "-3.20")], "account", 1),
    ([("expenses:tea", "JPY", "3.20"), ("assets:cash", "JPY", "-3.20")], "amount", 0),
    ([("expenses:tea", "USD", "3.20"), ("assets:cash", "USD", "0")], "amount", 1),
]


@pytest.mark.parametrize(("rows", "field", "number"), REFUSED)
def test_a_refusal_stands_at_its_field_and_the_form_comes_back(
    site: Site, rows: list[tuple[str, str, str]], field: str, number: int
) -> None:
    before = site.journal()
    answer = filled(site, *rows, description="Tea").submit(status=422)
    marked = answer.html.find_all(attrs={"aria-invalid": "true"})
    assert [(each["name"], each["aria-label"].split()[-1]) for each in marked] == [(field, str(number + 1))]
    assert answer.html.find(id=marked[0]["aria-describedby"]).text
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
