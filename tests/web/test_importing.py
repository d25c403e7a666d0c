"""Journals in and out on the pages: a trial keeps nothing, an import comes once, a download is the export."""

from __future__ import annotations

from typing import Any

import pytest

from tests.web.conftest import BOOKS, ON_BOTH, Site

pytestmark = ON_BOTH

IMPORT = f"{BOOKS}/import"
HEADER = "transaction,effective_at,description,account,asset,amount\n"
GOOD = HEADER + "1,2026-03-01,Tea,expenses:tea,USD,3.20\n1,2026-03-01,Tea,assets:cash,USD,-3.20\n"
BAD = GOOD + "2,2026-03-02,Half,expenses:tea,USD,1.00\n2,2026-03-02,Half,assets:cash,USD,-0.50\n"


def form(site: Site, text: str, name: str = "books.csv", **fields: str) -> Any:
    """Return the form with a file chosen."""
    filled = site.app.get(IMPORT).forms["import"]
    filled["file"] = (name, text.encode())
    for field, value in fields.items():
        filled[field] = value
    return filled


def send(site: Site, filled: Any, status: int, *, trial: bool = False) -> Any:
    """Send the form by one of its two buttons."""
    filled.action = IMPORT + "/trial" if trial else IMPORT
    return filled.submit(status=status)


def test_a_trial_says_what_would_come_and_keeps_nothing(site: Site) -> None:
    before = site.journal()
    answer = send(site, form(site, GOOD), 200, trial=True)
    assert "1 transactions, 1 new accounts" in answer.html.find(id="result").text
    assert site.journal() == before


def test_an_import_says_what_came(site: Site) -> None:
    answer = send(site, form(site, GOOD), 303).follow()
    assert "Imported 1 transactions" in answer.html.find(id="result").text
    assert site.journal()[0]["description"] == "Tea"


def test_a_form_that_is_sent_twice_imports_once(site: Site) -> None:
    filled = form(site, GOOD)
    first = send(site, filled, 303)
    before = site.journal()
    assert send(site, filled, 303).location == first.location
    assert site.journal() == before


@pytest.mark.parametrize("trial", [True, False])
def test_a_bad_row_is_named_and_nothing_is_kept(site: Site, trial: bool) -> None:
    before = site.journal()
    answer = send(site, form(site, BAD), 422, trial=trial)
    assert "line 4" in answer.html.find(attrs={"role": "alert"}).text
    assert site.journal() == before


@pytest.mark.parametrize(
    ("text", "name", "fields", "said"),
    [
        ("", "books.csv", {}, "Choose the file"),
        (GOOD, "books.txt", {}, "tells no format"),
        (GOOD, "books.csv", {"columns": "account"}, "COLUMN=HEADER"),
        (GOOD, "books.csv", {"columns": "account=Konto"}, "Konto"),
        (GOOD, "books.csv", {"columns": "account=Konto\naccount=Gegenkonto"}, "twice"),
        ("{}", "books.json", {}, ""),
        ("\0\0", "books.ndjson", {}, ""),
        ("(((", "books.beancount", {}, ""),
    ],
)
def test_what_cannot_be_read_comes_back_with_the_form(
    site: Site, text: str, name: str, fields: dict[str, str], said: str
) -> None:
    answer = send(site, form(site, text, name, **fields), 422)
    assert said in answer.html.find(attrs={"role": "alert"}).text
    assert answer.forms["import"]["columns"].value == fields.get("columns", "")


def test_a_bank_statement_is_imported_with_its_columns(site: Site) -> None:
    text = "Buchungstag,Betrag,Text\n2026-03-01,-3.20,Tea\n"
    fields = {
        "account": "assets:cash",
        "counter_account": "expenses:tea",
        "default_asset": "USD",
        "columns": "effective_at=Buchungstag\namount=Betrag\ndescription=Text",
    }
    send(site, form(site, text, **fields), 303)
    newest = site.journal()[0]
    assert [(each["account"], each["amount"]) for each in newest["postings"]] == [
        ("assets:cash", "-3.20"),
        ("expenses:tea", "3.20"),
    ]


@pytest.mark.parametrize("name", ["hledger", "beancount", "csv", "ndjson"])
def test_a_download_is_the_export(site: Site, name: str) -> None:
    page, api = (
        site.app.get(f"{BOOKS}/export/{name}"),
        site.app.get(f"/v1/ledgers/books/export?format={name}"),
    )
    assert page.body == api.body
    assert page.content_type == api.content_type
    assert page.headers["Content-Disposition"] == api.headers["Content-Disposition"]


def test_another_format_is_not_there(site: Site) -> None:
    site.app.get(f"{BOOKS}/export/pdf", status=404)


def test_what_was_exported_as_csv_can_be_imported(site: Site) -> None:
    text = site.app.get(f"{BOOKS}/export/csv").text
    filled = form(site, text)
    filled.action = "/ledgers/elsewhere/import"
    filled.submit(status=303)
    copy = site.app.get("/v1/ledgers/elsewhere/balances").json
    assert copy["data"] == site.app.get("/v1/ledgers/books/balances").json["data"]


PART = '--{0}\r\nContent-Disposition: form-data; name="{1}"{2}\r\n\r\n{3}\r\n'
# What a browser sends for a file that nobody has chosen, and what none sends.
NO_FILE = ("file", '; filename=""\r\nContent-Type: application/octet-stream', "")
MIXED = "\r\nContent-Type: multipart/mixed; boundary=inner"
PARTS_IN_A_PART = ("columns", MIXED, "--inner\r\n\r\nx\r\n--inner--")


@pytest.mark.parametrize(
    ("extra", "told"), [(NO_FILE, "Choose the file"), (PARTS_IN_A_PART, "no form in UTF-8")]
)
def test_a_field_that_is_no_text_is_refused(site: Site, extra: tuple[str, str, str], told: str) -> None:
    fields = [(name, "", str(value)) for name, value in form(site, GOOD).submit_fields() if name != "file"]
    body = "".join(PART.format("outer", *each) for each in (*fields, extra)) + "--outer--\r\n"
    headers = {"Content-Type": "multipart/form-data; boundary=outer"}
    answer = site.app.post(IMPORT, body.encode(), headers=headers, expect_errors=True)
    assert answer.status_int in (400, 422)
    assert told in answer.text
