"""What people do on the pages, in a browser: write, filter, reverse, look back."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import call
from tests.browser.visit import Visit, visiting
from tests.serving import Server

NEW = "/ledgers/demo/new"
PIXELS = "canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data"
# The days of a chart's steps, and how far to the right each is drawn.
STEPS = """canvas => [
    JSON.parse(document.getElementById(canvas.dataset.chart).textContent).labels.map(Date.parse),
    Chart.getChart(canvas).getDatasetMeta(0).data.map(point => point.x),
]"""


def type_row(visit: Visit, number: int, account: str, amount: str) -> None:
    """Type a posting in USD into a row of the form."""
    visit.page.get_by_label(f"Account of posting {number}", exact=True).fill(account)
    visit.page.get_by_label(f"Asset of posting {number}", exact=True).select_option("USD")
    visit.page.get_by_label(f"Amount of posting {number}", exact=True).fill(amount)


def journal(server: Server, text: str) -> list[dict[str, object]]:
    """Return the transactions with a text, as the API lists them."""
    found: list[dict[str, object]] = call(server, f"/v1/ledgers/demo/transactions?q={text}")["data"]
    return found


def test_the_form_says_what_is_missing_while_it_is_typed(visit: Visit) -> None:
    visit.open(NEW)
    check = visit.page.locator("#check")
    type_row(visit, 1, "Expenses:Food:Tea", "0.30")
    expect(check).to_have_text("Not balanced yet: -0.30 USD to go")
    type_row(visit, 2, "Assets:US:BofA:Checking", "-0.1")
    expect(check).to_have_text("Not balanced yet: -0.20 USD to go")
    type_row(visit, 3, "Assets:US:BofA:Checking", "-0.20")
    expect(check).to_have_text("Balanced.")
    type_row(visit, 4, "Expenses:Food:Tea", "1,5")
    expect(check).to_contain_text("cannot be read")


def test_a_row_is_added_and_posted(visit: Visit) -> None:
    visit.open(NEW)
    for number in range(1, 5):
        type_row(visit, number, "Expenses:Food:Tea", "1.00")
    visit.page.get_by_role("button", name="Another posting").click()
    type_row(visit, 5, "Assets:US:BofA:Checking", "-4.00")
    visit.page.get_by_label("Description").fill("Five rows")
    visit.page.get_by_role("button", name="Post", exact=True).click()
    expect(visit.page.get_by_role("heading", name="Five rows")).to_be_visible()
    assert [len(each["postings"]) for each in journal(visit.server, "Five+rows")] == [5]  # type: ignore[arg-type]


def test_what_is_wrong_with_a_posting_is_in_sight_on_a_phone(phone: Visit) -> None:
    phone.open(f"{NEW}?rows=30")
    for number in range(1, 30):
        type_row(phone, number, "Expenses:Food:Tea", "1.00")
    type_row(phone, 30, "Assets:US:BofA:Checking", "-29.005")
    phone.page.get_by_role("button", name="Post", exact=True).click()
    wrong = phone.page.get_by_label("Amount of posting 30")
    expect(wrong).to_be_focused()
    expect(wrong).to_be_in_viewport(ratio=1)


def test_an_account_is_completed_while_it_is_typed(visit: Visit) -> None:
    visit.open(NEW)
    with visit.page.expect_response(re.compile("completions")) as asked:
        visit.page.get_by_label("Account of posting 1").press_sequentially("Assets:US:B")
    assert "Assets:US:BofA:Checking" in asked.value.text()
    options = visit.page.locator("#accounts option")
    expect(options.first).to_have_attribute("value", re.compile("^Assets:US:B"))


def test_two_clicks_post_once(visit: Visit) -> None:
    visit.open(NEW)
    type_row(visit, 1, "Expenses:Food:Tea", "2.00")
    type_row(visit, 2, "Assets:US:BofA:Checking", "-2.00")
    visit.page.get_by_label("Description").fill("Clicked twice")
    visit.page.get_by_role("button", name="Post", exact=True).dblclick()
    expect(visit.page.get_by_role("heading", name="Clicked twice")).to_be_visible()
    assert len(journal(visit.server, "Clicked+twice")) == 1


def test_the_form_works_without_scripts(browser: Browser, server: Server) -> None:
    with visiting(browser, server, java_script_enabled=False) as visit:
        visit.open(NEW)
        type_row(visit, 1, "Expenses:Food:Tea", "2.00")
        type_row(visit, 2, "Assets:US:BofA:Checking", "-1.00")
        visit.page.get_by_label("Description").fill("Without scripts")
        visit.page.get_by_role("button", name="Post", exact=True).click()
        expect(visit.page.get_by_role("alert")).to_contain_text("1.00")
        type_row(visit, 2, "Assets:US:BofA:Checking", "-2.00")
        visit.page.get_by_role("button", name="Post", exact=True).click()
        expect(visit.page.get_by_role("heading", name="Without scripts")).to_be_visible()
    assert len(journal(server, "Without+scripts")) == 1


def test_the_filter_is_kept_in_the_address(visit: Visit) -> None:
    visit.open("/ledgers/demo/journal")
    visit.page.get_by_label("Text").fill("Payroll")
    visit.page.get_by_role("textbox", name="To").fill("2023-01-31")
    visit.page.get_by_role("button", name="Filter").click()
    expect(visit.page).to_have_url(re.compile(r"/journal\?q=Payroll&to=2023-01-31$"))
    expect(visit.page.locator("table.journal tbody")).to_have_count(2)
    visit.page.reload()
    expect(visit.page.get_by_label("Text")).to_have_value("Payroll")


def test_a_transaction_is_reversed_after_a_second_look(visit: Visit) -> None:
    visit.open("/ledgers/demo/journal?q=Payroll")
    visit.page.locator("a[href*='/transactions/']").first.click()
    visit.page.get_by_role("button", name="Reverse…").click()
    visit.page.get_by_role("button", name="Reverse it").click()
    expect(visit.page.get_by_text("Reverses", exact=True)).to_be_visible()
    visit.page.locator("dd a[href*='/transactions/']").click()
    expect(visit.page.get_by_text("Reversed by", exact=True)).to_be_visible()
    expect(visit.page.get_by_role("button", name="Reverse…")).to_have_count(0)


def test_the_light_comes_without_a_page_load(visit: Visit) -> None:
    visit.open("/ledgers/demo")
    expect(visit.page.get_by_role("status")).to_contain_text("The books are right")


@pytest.mark.parametrize("path", ["/ledgers/demo", "/ledgers/demo/accounts/Assets:US:BofA:Checking"])
def test_a_chart_is_drawn(visit: Visit, path: str) -> None:
    visit.open(path)
    for canvas in visit.page.locator("canvas").all():
        assert canvas.evaluate(f"canvas => {PIXELS}.some(Boolean)")


def test_a_balance_is_drawn_along_the_calendar(visit: Visit) -> None:
    visit.open("/ledgers/demo/accounts/Assets:US:BofA:Checking")
    days, places = visit.page.locator("canvas").evaluate(STEPS)
    assert len(days) > 100
    width_of_a_day = (places[-1] - places[0]) / (days[-1] - days[0])
    for day, place in zip(days, places, strict=True):
        assert place == pytest.approx(places[0] + (day - days[0]) * width_of_a_day, abs=1)


def test_a_report_is_chosen_by_a_link_and_drawn(visit: Visit) -> None:
    visit.open("/ledgers/demo")
    visit.page.get_by_role("link", name="Reports").click()
    visit.page.get_by_role("link", name="Income statement").click()
    visit.page.get_by_role("link", name="Last year").click()
    expect(visit.page).to_have_url(re.compile(r"/income-statement\?from=\d{4}-01-01&to=\d{4}-12-31$"))
    expect(visit.page.get_by_role("link", name="Last year")).to_have_attribute("aria-current", "page")
    expect(visit.page.locator("canvas")).to_have_count(1)
    assert visit.page.locator("canvas").evaluate(f"canvas => {PIXELS}.some(Boolean)")
    with visit.page.expect_download() as kept:
        visit.page.get_by_role("link", name="Download as CSV").click()
    assert re.fullmatch(r"demo-income-statement-\d{4}-01-01-\d{4}-12-31\.csv", kept.value.suggested_filename)


def test_the_pages_are_used_by_keyboard_alone(visit: Visit) -> None:
    visit.open("/ledgers/demo/journal")
    visit.page.keyboard.press("Tab")
    expect(visit.page.get_by_text("Skip to the content")).to_be_focused()
    visit.page.keyboard.press("Enter")
    visit.page.keyboard.press("Tab")
    expect(visit.page.get_by_label("Account")).to_be_focused()
    visit.page.keyboard.type("Assets:US:BofA")
    visit.page.keyboard.press("Enter")
    expect(visit.page).to_have_url(re.compile("account=Assets"))


def test_a_journal_is_tried_and_imported_without_choosing_it_again(visit: Visit) -> None:
    visit.open("/ledgers/demo/import")
    first = "1,2026-03-01,Imported tea,Expenses:Food:Tea,USD,3.20\n"
    second = "1,2026-03-01,,Assets:US:BofA:Checking,USD,-3.20\n"
    text = "transaction,effective_at,description,account,asset,amount\n" + first + second
    file = {"name": "tea.csv", "mimeType": "text/csv", "buffer": text.encode()}
    visit.page.locator("input[type=file]").set_input_files(file)  # type: ignore[arg-type]
    visit.page.get_by_role("button", name="Try it").click()
    expect(visit.page.locator("#result")).to_contain_text("This would bring 1 transactions")
    assert journal(visit.server, "Imported+tea") == []
    visit.page.get_by_role("button", name="Import", exact=True).click()
    expect(visit.page.locator("#result")).to_contain_text("Imported 1 transactions")
    assert len(journal(visit.server, "Imported+tea")) == 1


def test_an_import_with_a_bad_row_says_which(visit: Visit) -> None:
    visit.open("/ledgers/demo/import")
    text = "transaction,effective_at,account,asset,amount\n1,2026-03-01,Expenses:Food:Tea,USD,3.20\n"
    file = {"name": "half.csv", "mimeType": "text/csv", "buffer": text.encode()}
    visit.page.locator("input[type=file]").set_input_files(file)  # type: ignore[arg-type]
    visit.page.get_by_role("button", name="Import", exact=True).click()
    expect(visit.page.get_by_role("alert")).to_contain_text("line 2")
    expect(visit.page.get_by_role("button", name="Import", exact=True)).to_be_enabled()


def test_a_journal_is_downloaded(visit: Visit) -> None:
    visit.open("/ledgers/demo/import")
    with visit.page.expect_download() as started:
        visit.page.get_by_role("link", name="hledger journal").click()
    assert started.value.suggested_filename == "demo.journal"
    assert "Payroll" in started.value.path().read_text()


def test_why_a_file_was_refused_is_told_on_the_spot(visit: Visit) -> None:
    visit.open("/ledgers/demo/import")
    file = {"name": "tea.csv", "mimeType": "text/csv", "buffer": b"transaction"}
    visit.page.locator("input[type=file]").set_input_files(file)  # type: ignore[arg-type]
    visit.page.context.clear_cookies()
    visit.page.get_by_role("button", name="Try it").click()
    expect(visit.page.locator("#result")).to_contain_text("This form is from another visit")
    expect(visit.page).to_have_url(re.compile("/import$"))
