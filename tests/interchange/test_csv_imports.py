"""CSV over HTTP: journals, bank statements, and refusals that keep nothing."""

from __future__ import annotations

import pytest
from webtest import TestApp

from tests.apps import close, make_app
from tests.databases import Database
from tests.interchange.imports import ADDRESS, LEDGER, assert_empty, listed, send

HEADER = "transaction,effective_at,description,reference,account,asset,amount,metadata.trip\r\n"
LUNCH = (
    "1,2024-02-29,Lunch,inv-1,expenses:food,EUR,12.50,berlin\r\n1,2024-02-29,,,assets:cash,EUR,-12.50,\r\n"
)
STATEMENT = (
    "Tag,Zweck,Betrag,Nr\n2024-02-28,Gehalt,100.00,7\n2024-02-29T18:00:00Z,Miete,-60.00,8\n2024-03-01,,0,9\n"
)
MAPPED = {"map.effective_at": "Tag", "map.description": "Zweck", "map.amount": "Betrag"}
BANK = {"account": "assets:bank", "counter_account": "equity:unknown", "default_asset": "EUR", **MAPPED}


def again(number: int, reference: str = "", lunch: str = LUNCH) -> str:
    return lunch.replace("1,2024", f"{number},2024").replace("inv-1", reference)


def send_csv(app: TestApp, text: str, *, status: int, **query: str) -> dict[str, object]:
    headers = {"Content-Type": "text/csv; charset=UTF-8"}
    answer = send(app, text.encode(), status=status, headers=headers, **{"format": "csv", **query})
    return dict(answer.json)


def test_a_journal_is_imported_with_all_that_it_says(app: TestApp) -> None:
    summary = {"transactions": 2, "accounts": 2, "assets": 1, "skipped": 0}
    assert send_csv(app, HEADER + LUNCH + again(2), status=201) == summary
    _, lunch = listed(app, "transactions")
    assert (lunch["description"], lunch["reference"], lunch["metadata"]) == (
        "Lunch",
        "inv-1",
        {"trip": "berlin"},
    )
    assert lunch["effective_at"] == "2024-02-29T00:00:00Z"
    assert [(each["account"], each["amount"]) for each in lunch["postings"]] == [
        ("expenses:food", "12.50"),
        ("assets:cash", "-12.50"),
    ]


def test_a_bank_statement_is_one_transaction_a_row(app: TestApp) -> None:
    answer = send_csv(app, STATEMENT, status=201, **BANK)
    assert answer == {"transactions": 2, "accounts": 2, "assets": 1, "skipped": 1}
    rent, salary = listed(app, "transactions")
    assert [(each["account"], each["amount"]) for each in rent["postings"]] == [
        ("assets:bank", "-60.00"),
        ("equity:unknown", "60.00"),
    ]
    assert (salary["description"], rent["effective_at"]) == ("Gehalt", "2024-02-29T18:00:00Z")
    account = app.get(f"{ADDRESS}/accounts/assets:bank").json
    assert account["balances"]["EUR"]["balance"] == "40.00"


def test_a_metadata_key_can_be_mapped(app: TestApp) -> None:
    send_csv(app, STATEMENT, status=201, **{**BANK, "map.metadata.number.of booking": "Nr"})
    assert listed(app, "transactions")[1]["metadata"] == {"number.of booking": "7"}


def test_a_dry_run_counts_and_keeps_nothing(app: TestApp) -> None:
    answer = send_csv(app, STATEMENT, status=200, dry_run="true", **BANK)
    assert (answer["transactions"], answer["skipped"]) == (2, 1)
    assert_empty(app)


@pytest.mark.parametrize(
    ("last", "status", "code", "line"),
    [
        (again(9).replace("-12.50", "-12.49"), 422, "unbalanced", 22),
        (again(9).replace("-12.50", "x"), 422, "invalid_amount", 23),
        (again(9, "inv-1"), 409, "reference_exists", 22),
        (again(9).replace("assets:cash", "cash"), 422, "unknown_account", 22),
        (again(9).replace("12.50", "1" + "0" * 18), 422, "amount_out_of_range", 22),
        (again(9).replace("12.50", "0." + "1" * 19), 422, "amount_out_of_range", 22),
        (again(9, "x" * 256), 422, "invalid_request", 22),
        (again(9).replace("Lunch", "x" * 10_001), 422, "invalid_request", 22),
        ("9,2024", 422, "invalid_request", 22),
    ],
)
def test_a_bad_last_record_is_named_by_its_line_and_keeps_nothing(
    app: TestApp, last: str, status: int, code: str, line: int
) -> None:
    fine = LUNCH + "".join(again(number) for number in range(2, 10))
    # One quoted cell with a line break, so that lines and rows are not the same.
    text = HEADER + fine.replace("Lunch", '"Lunch\n"', 1) + "\r\n" + last.replace("9,2024", "10,2024")
    refused = send_csv(app, text, status=status)
    assert (refused["code"], refused["line"]) == (code, line)
    assert f"line {line}" in str(refused["detail"])
    assert_empty(app)


def test_a_default_type_serves_accounts_that_tell_none(app: TestApp) -> None:
    send_csv(app, HEADER + LUNCH.replace("assets:cash", "cash"), status=201, default_type="asset")
    assert app.get(f"{ADDRESS}/accounts/cash").json["type"] == "asset"


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ({"map.colour": "Tag"}, 400, "invalid_parameter"),
        ({"map": "Tag"}, 400, "invalid_parameter"),
        ({"map.": "Tag"}, 400, "invalid_parameter"),
        ({"map.metadata": "Tag"}, 400, "invalid_parameter"),
        ({"map.reference": "Zweck"}, 400, "invalid_parameter"),
        ({"map.reference": "Nummer"}, 422, "invalid_request"),
        ({"map.account": "Zweck"}, 400, "invalid_parameter"),
        ({"account": "equity:unknown"}, 400, "invalid_parameter"),
        ({"account": "a::b"}, 422, "invalid_request"),
        ({"default_asset": "E R"}, 422, "invalid_request"),
        ({"format": "beancount"}, 400, "invalid_parameter"),
        ({"format": "hledger-json"}, 400, "invalid_parameter"),
    ],
)
def test_a_mapping_that_does_not_fit_is_refused(
    app: TestApp, query: dict[str, str], status: int, code: str
) -> None:
    assert send_csv(app, STATEMENT, status=status, **{**BANK, **query})["code"] == code
    assert_empty(app)


def test_a_parameter_that_is_given_twice_is_refused(app: TestApp) -> None:
    address = f"{ADDRESS}/import?format=csv&map.amount=a&map.amount=b"
    refused = app.post(address, b"", {"Content-Type": "text/csv"}, status=400)
    assert refused.json["code"] == "invalid_parameter"


def test_a_mapping_is_part_of_the_request_that_a_key_stands_for(app: TestApp) -> None:
    def attempt(status: int, **query: str) -> dict[str, object]:
        headers = {"Idempotency-Key": "once", "Content-Type": "text/csv"}
        data = STATEMENT.encode()
        return dict(send(app, data, status=status, headers=headers, format="csv", **query).json)

    first = attempt(201, **BANK)
    assert attempt(201, **BANK) == first
    assert attempt(422, **BANK, **{"map.metadata.number": "Nr"})["code"] == "idempotency_key_reused"
    assert len(listed(app, "transactions")) == 2


@pytest.mark.parametrize("charset", ["latin-1", "utf-16", "windows-1252", "nonsense", '"latin-1"'])
def test_what_is_declared_in_another_encoding_is_refused(app: TestApp, charset: str) -> None:
    headers = {"Content-Type": f"text/csv; charset={charset}"}
    refused = send(app, (HEADER + LUNCH).encode(), status=415, headers=headers, format="csv")
    assert refused.json["code"] == "unsupported_media_type"
    assert_empty(app)


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", '"utf-8"', "us-ascii"])
def test_what_is_declared_as_utf_8_is_read(app: TestApp, charset: str) -> None:
    headers = {"Content-Type": f"text/plain; charset={charset}"}
    send(app, (HEADER + LUNCH).encode(), status=201, headers=headers, format="csv")


def test_what_is_in_another_encoding_names_the_line(app: TestApp) -> None:
    data = (HEADER + LUNCH.replace("Lunch", "Käse")).encode("latin-1")
    refused = send(app, data, status=422, headers={"Content-Type": "text/csv"}, format="csv")
    assert (refused.json["code"], refused.json["line"]) == ("invalid_request", 2)


def test_an_import_larger_than_the_limit_is_refused(database: Database) -> None:
    data = (HEADER + LUNCH).encode()
    app = make_app(database, **{"myapp.import_bytes_max": str(len(data))})
    app.post_json("/v1/ledgers", {"name": LEDGER}, status=201)
    refused = send(app, data + b"\n", status=413, format="csv", dry_run="true").json
    assert refused["code"] == "body_too_large"
    send(app, data, status=201, format="csv")
    close(app)
