import io
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from myapp.interchange import beancount
from myapp.interchange.beancount import read
from myapp.interchange.demo import demo_journal
from myapp.interchange.journal import Journal, JournalError, ReadOptions
from myapp.interchange.readers import READERS
from tests.interchange.generated import every_seed, generated
from tests.interchange.journal_data import (
    assert_balances,
    balances,
    beancount_balances,
    expected_balances,
    journals,
    needs_data,
)

pytest.importorskip("beancount", reason="beancount is an optional extra")

CONVERSION_ACCOUNT = "Equity:Conversions:Current"

OPENED = """
2024-01-01 open Assets:Cash
2024-01-01 open Assets:Shares
2024-01-01 open Expenses:Food
2024-01-01 open Equity:Opening
"""
LUNCH = """
2024-02-29 * "Bistro" "Lunch" #berlin
  Expenses:Food  12.50 EUR
  Assets:Cash
"""


def read_text(text: str) -> Journal:
    return read(text.encode(), ReadOptions())


def refusal(text: str | bytes) -> JournalError:
    with pytest.raises(JournalError) as refused:
        read(text if isinstance(text, bytes) else text.encode(), ReadOptions())
    return refused.value


def entries(journal: Journal) -> list[tuple[str, str, str]]:
    return [(e.account, e.asset, str(e.quantity)) for record in journal.records for e in record.entries]


# What beancount computes


@needs_data
@pytest.mark.parametrize("path", journals("beancount/*.beancount"), ids=lambda path: path.stem)
def test_balances_equal_those_of_beancount(path: Path) -> None:
    journal = read(path.read_bytes(), ReadOptions())

    assert_balances(journal, expected_balances(path), CONVERSION_ACCOUNT)
    assert len(journal.records) == 1_146
    assert set(journal.account_types.values()) == {"asset", "liability", "equity", "income", "expense"}


@needs_data
def test_every_journal_of_beancount_is_found() -> None:
    assert len(journals("beancount/*.beancount")) == 1


@every_seed
def test_balances_of_generated_books_equal_those_of_beancount(seed: int) -> None:
    books = generated(seed)

    assert len(books.balances) > 40
    assert_balances(read(books.journal, ReadOptions()), books.balances, CONVERSION_ACCOUNT)


def test_what_a_pad_generates_is_included() -> None:
    text = (
        OPENED + LUNCH + "2024-01-02 pad Assets:Cash Equity:Opening\n2024-03-01 balance Assets:Cash 100 EUR\n"
    )
    journal = read_text(text)

    assert ("Equity:Opening", "EUR", "-112.5") in entries(journal)
    assert balances(journal.records) == beancount_balances(text)
    assert_balances(journal, beancount_balances(text), CONVERSION_ACCOUNT)


def test_lots_are_booked_and_their_gains_completed() -> None:
    text = OPENED + dedent("""
        2024-01-02 * "Buy"
          Assets:Shares  10 ACME {5.00 EUR}
          Assets:Cash   -50.00 EUR
        2024-01-03 * "Sell"
          Assets:Shares  -4 ACME {} @ 7.00 EUR
          Assets:Cash    28.00 EUR
          Equity:Opening
        """)
    journal = read_text(text)

    assert_balances(journal, beancount_balances(text), CONVERSION_ACCOUNT)
    assert (CONVERSION_ACCOUNT, "ACME", "-10") in entries(journal)


# Records


@pytest.mark.parametrize("price", ["@@ 100.00 USD", "{{100.00 USD}}"])
def test_what_beancount_worked_out_without_an_end_is_rounded_as_the_journal_is_written(price: str) -> None:
    bought = f'2024-03-01 * "Thirds"\n  Assets:Shares  3 HOOL {price}\n  Assets:Cash\n'
    assert entries(read_text(OPENED + bought))[:2] == [
        ("Assets:Shares", "HOOL", "3"),
        ("Assets:Cash", "USD", "-100"),
    ]


def test_an_error_commands_no_terminal() -> None:
    assert "\\x1b]0;" in refusal("\x1b]0;hacked\x07").message


def test_a_record_keeps_line_day_description_and_tags() -> None:
    [record] = read_text(OPENED + LUNCH).records

    assert record.where == "line 7"
    assert record.effective_at == datetime(2024, 2, 29, tzinfo=UTC)
    assert record.description == "Bistro | Lunch"
    assert record.reference is None
    assert record.metadata == {"tags": "berlin"}


@pytest.mark.parametrize(
    ("words", "description"),
    [('"Lunch"', "Lunch"), ('"Bistro" ""', "Bistro"), ("", ""), ('"" "Lunch"', "Lunch")],
)
def test_a_description_is_of_what_there_is(words: str, description: str) -> None:
    text = f"{OPENED}2024-02-29 * {words}\n  Expenses:Food  1 EUR\n  Assets:Cash\n"

    assert read_text(text).records[0].description == description


def test_metadata_is_kept_as_beancount_writes_it() -> None:
    text = OPENED + dedent("""
        2024-02-29 * "Lunch" #berlin #aachen ^inv-2 ^inv-1
          note: "with Ann"
          price: 12.50 EUR
          number: 1000000.00
          due: 2024-03-31
          paid: TRUE
          account: Assets:Cash
          filename: "scan"
          empty:
          tags: "own"
          Expenses:Food  12.50 EUR
            posting: "not kept"
          Assets:Cash
        """)

    assert read_text(text).records[0].metadata == {
        "tags": "aachen berlin, own",
        "links": "inv-1 inv-2",
        "note": "with Ann",
        "price": "12.50 EUR",
        "number": "1000000.00",
        "due": "2024-03-31",
        "paid": "TRUE",
        "account": "Assets:Cash",
    }


def test_postings_of_zero_are_dropped_and_a_record_of_zeros_is_skipped() -> None:
    journal = read_text(
        OPENED
        + '2024-01-02 * "nothing"\n  Assets:Cash  0 EUR\n  Expenses:Food  0.00 EUR\n'
        + '2024-01-02 * "less"\n  Assets:Cash  1 EUR\n  Assets:Shares  -1.00 EUR\n  Expenses:Food  0.00 EUR\n'
    )

    assert entries(journal) == [("Assets:Cash", "EUR", "1"), ("Assets:Shares", "EUR", "-1")]
    assert journal.skipped == 1


def test_account_types_and_the_conversion_account_come_from_the_options() -> None:
    journal = read_text(
        dedent("""
        option "name_assets" "Vermögen"
        option "name_equity" "Kapital"
        option "account_current_conversions" "Umtausch"
        2024-01-01 open Vermögen:Kasse
        2024-01-01 open Kapital:Anfang
        2024-01-02 * "Change"
          Vermögen:Kasse   10 USD @ 0.90 EUR
          Vermögen:Kasse   -9 EUR
        2024-01-02 * "Found"
          Vermögen:Kasse    1 EUR
          Kapital:Anfang
        """)
    )

    assert journal.account_types == {
        "Vermögen:Kasse": "asset",
        "Kapital:Anfang": "equity",
        "Kapital:Umtausch": "equity",
    }
    assert ("Kapital:Umtausch", "USD", "-10") in entries(journal)


def test_an_account_whose_root_was_renamed_below_it_has_no_type() -> None:
    journal = read_text(OPENED + LUNCH + 'option "name_assets" "Vermögen"\n')

    assert journal.account_types == {"Expenses:Food": "expense"}


def test_documents_are_left_out_whether_they_exist_or_not(tmp_path: Path) -> None:
    (tmp_path / "there.txt").touch()
    for name in ("there.txt", "missing.txt"):
        assert read_text(f'{OPENED}2024-01-02 document Assets:Cash "{tmp_path / name}"\n').records == ()


def test_the_format_is_registered() -> None:
    assert READERS["beancount"](b"", ReadOptions()) == read(b"", ReadOptions())


@pytest.mark.parametrize(
    "options", [{"columns": {"amount": "x"}}, {"account": ""}, {"counter_account": "equity:x"}]
)
def test_what_is_said_of_columns_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(JournalError) as refused:
        READERS["beancount"](b"", ReadOptions(**options))
    assert refused.value.code == "invalid_parameter"


# What beancount finds wrong


@pytest.mark.parametrize(
    ("text", "where", "code"),
    [
        ("2024-01-02 lunch\n", "line 1", "invalid_request"),
        (
            f'{OPENED}2024-01-02 * "x"\n  Assets:Cash  1 EUR\n  Expenses:Food  -2 EUR\n',
            "line 6",
            "unbalanced",
        ),
        (f"{OPENED}2024-01-02 balance Assets:Cash  1 EUR\n", "line 6", "invalid_request"),
        (f"{OPENED}2024-01-02 pad Assets:Cash Equity:Opening\n", "line 6", "invalid_request"),
        (f'{OPENED}2024-01-02 * "x"\n  Assets:Till  1 EUR\n  Assets:Cash\n', "line 6", "invalid_request"),
        (
            f'{OPENED}2024-01-02 * "x"\n  Assets:Shares  -1 ACME {{}}\n  Assets:Cash\n',
            "line 7",
            "invalid_request",
        ),
        (f"{OPENED}2024-02-30 close Assets:Cash\n", "line 6", "invalid_request"),
        ('option "nonsense" "1"\n', "line 1", "invalid_request"),
        ('option "tolerance_multiplier" "one"\n', "line 1", "invalid_request"),
        (f'{OPENED}2024-01-02 * "\xff"\n'.encode("latin-1"), "line 6", "invalid_request"),
        (
            f'{OPENED}2024-01-02 * "x"\n  Assets:Cash  {"9" * 300} EUR\n  Expenses:Food\n',
            "line 7",
            "invalid_request",
        ),
        ("pushtag #berlin\n", None, "invalid_request"),
    ],
)
def test_the_first_error_is_refused_by_line(text: str | bytes, where: str | None, code: str) -> None:
    refused = refusal(text)

    assert (refused.where, refused.code) == (where, code)


@pytest.mark.parametrize(
    "text",
    [
        # Beancount 3.2.3 raises TypeError.
        "pushmeta number: 1.5\n",
        # Beancount 3.2.3 raises DivisionByZero (its issue 1048).
        f'{OPENED}2024-01-02 * "x"\n  Assets:Shares  0 ACME {{{{20 EUR}}}}\n  Assets:Cash  -20 EUR\n',
        # Beancount 3.2.3 raises InvalidOperation, for it compares with the option.
        f'option "tolerance_multiplier" "NaN"\n{OPENED}{LUNCH}2024-03-01 balance Assets:Cash -12.50 EUR\n',
        # The parser's stack ends at 10,000.
        f'{OPENED}2024-01-02 * "x"\n  Assets:Cash  {"(" * 20_000}1{")" * 20_000} EUR\n  Expenses:Food\n',
    ],
)
def test_what_beancount_did_not_foresee_is_refused(text: str) -> None:
    assert "beancount cannot read it" in refusal(text).message


def test_a_crash_of_the_parser_is_refused() -> None:
    # In this process, beancount 3.2.3 would end it: the parser does not look whether a division failed.
    assert refusal(f'{OPENED}2024-01-02 * "x"\n  Assets:Cash  1/0 EUR\n  Expenses:Food\n')


def test_a_journal_that_takes_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beancount, "TIMEOUT_S", 0.001)

    assert "within" in refusal(OPENED).message


LIMITED = """
import resource, runpy, sys

runpy.run_path(sys.argv[1], run_name="__main__")
kinds = resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_FSIZE, resource.RLIMIT_CORE
print(*(resource.getrlimit(kind) for kind in kinds), sep=";", file=sys.stderr)
"""


def test_the_process_is_limited_in_memory_time_and_writing() -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-c", LIMITED, str(beancount.PROCESS)],
        input=b"",
        capture_output=True,
        check=True,
    )
    memory = 2 * 1024**3

    assert done.stderr.decode().strip() == f"({memory}, {memory});(60, 60);(0, 0);(0, 0)"


def test_an_answer_that_would_be_too_large_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from myapp.interchange import beancount_process

    # The limits would stay with the tests' own process.
    monkeypatch.setattr(beancount_process, "limit_resources", lambda: None)
    monkeypatch.setattr(beancount_process, "ANSWER_CHARACTERS_MAX", 100)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO((OPENED + LUNCH).encode())))
    beancount_process.main()

    assert "too large" in json.loads(capsys.readouterr().out)["refusal"]["message"]


def test_an_error_of_a_module_does_not_tell_where_it_is_installed() -> None:
    from beancount.parser.grammar import ParserSyntaxError

    from myapp.interchange import beancount_process

    error = ParserSyntaxError(
        {"filename": "installed/grammar.py", "lineno": 7}, "KeyError (installed/grammar.py:7)"
    )
    with pytest.raises(beancount_process.RefusedError) as refused:
        beancount_process.refuse_first([error])
    assert "installed" not in str(refused.value)
    assert refused.value.line is None


def test_an_amount_of_too_many_digits_is_refused() -> None:
    product = " * ".join(["9" * 100] * 20)
    refused = refusal(f'{OPENED}2024-01-02 * "x"\n  Assets:Cash  {product} EUR\n  Expenses:Food\n')

    assert (refused.where, refused.code) == ("line 6", "invalid_amount")


def test_a_commodity_that_cannot_be_an_asset_is_refused_by_name() -> None:
    refused = refusal(OPENED + LUNCH.replace("EUR", "EU'R"))

    assert refused.where == "line 7"
    assert "EU'R" in refused.message


def test_an_account_path_that_is_too_long_is_refused() -> None:
    long = f"Assets:{'X' * 250}"

    assert refusal(f"2024-01-01 open {long}\n{OPENED}{LUNCH.replace('Assets:Cash', long)}").where == "line 8"


def test_a_nul_is_refused() -> None:
    assert refusal(OPENED + LUNCH.replace("Lunch", "Lu\0nch")).where == "line 7"


@pytest.mark.parametrize("value", ["7", "TRUE"])
def test_metadata_that_replaces_the_line_is_refused(value: str) -> None:
    text = f'{OPENED}2024-02-29 * "x"\n  lineno: {value}\n  Assets:Cash  1 EUR\n  Expenses:Food\n'

    assert "lineno" in refusal(text).message


@pytest.mark.parametrize("value", ['"7"', "2024-01-01"])
def test_metadata_that_replaces_the_line_with_what_cannot_be_sorted_is_refused(value: str) -> None:
    text = f'{OPENED}2024-02-29 * "x"\n  lineno: {value}\n  Assets:Cash  1 EUR\n  Expenses:Food\n'

    assert refusal(text).where is None


def test_an_error_whose_line_was_replaced_is_refused_all_the_same() -> None:
    text = f'{OPENED}2024-02-29 * "x"\n  note: "a"\n  note: "b"\n  lineno: 7\n  Assets:Cash  1 EUR\n'

    assert refusal(text).where is None


# What a journal may not do


@pytest.mark.parametrize(
    ("directive", "named"),
    [
        ('plugin "os"', "'os'"),
        ('plugin "beancount.plugins.check_commodity" "__import__(\'os\').abort()"', "check_commodity"),
        ('plugin "beancount.plugins.auto"', "beancount.plugins.auto"),
        ('include "other.beancount"', "include"),
        ('include "*"', "include"),
        ('option "include" "other.beancount"', "include"),
        ('option "documents" "documents"', "documents"),
        ('option "insert_pythonpath" "TRUE"', "insert_pythonpath"),
        ('option "plugin" "os"', "plugin"),
        ('option "plugin_processing_mode" "raw"', "plugin_processing_mode"),
    ],
)
def test_what_would_import_code_or_read_files_is_refused(directive: str, named: str) -> None:
    refused = refusal(f"{directive}\n{OPENED}{LUNCH}")

    assert named in refused.message
    assert refused.code == "invalid_request"


def test_the_plugins_that_only_add_are_accepted() -> None:
    text = (
        'plugin "beancount.plugins.auto_accounts"\n'
        'plugin "beancount.plugins.implicit_prices"\n'
        '2024-01-02 * "x"\n  Assets:Cash  10 USD @ 0.90 EUR\n  Assets:Till\n'
    )

    assert_balances(read_text(text), beancount_balances(text), CONVERSION_ACCOUNT)


AUDITED = """
import json, runpy, sys

process = runpy.run_path(sys.argv[1])
texts = json.load(sys.stdin)
# What Python itself imports at first use is imported now.
process["read"](texts.pop(0).encode())
seen = []
harmless = ("object.", "code.", "sys._getframe", "builtins.id", "compile")
sys.addaudithook(lambda event, arguments: event.startswith(harmless) or seen.append([event, str(arguments)]))
for text in texts:
    try:
        process["read"](text.encode())
    except process["RefusedError"]:
        pass
print(json.dumps(seen))
"""


def test_reading_opens_no_file_and_imports_nothing() -> None:
    texts = [
        OPENED + LUNCH,
        OPENED + LUNCH,
        f'plugin "this"\n{OPENED}{LUNCH}',
        f'include "*"\n{OPENED}{LUNCH}',
        f'option "documents" "."\noption "insert_pythonpath" "TRUE"\n{OPENED}{LUNCH}',
        f'{OPENED}2024-01-02 document Assets:Cash "setup.cfg"\n{LUNCH}',
        f'plugin "beancount.plugins.auto_accounts"\n{LUNCH}2024-03-01 balance Assets:Cash -12.50 EUR\n',
        f"{OPENED}{LUNCH}2024-03-01 balance Assets:Cash 1 EUR\n",
    ]
    done = subprocess.run(
        [sys.executable, "-P", "-c", AUDITED, str(beancount.PROCESS)],
        input=json.dumps(texts).encode(),
        capture_output=True,
        check=True,
    )

    assert json.loads(done.stdout) == []


def test_reading_writes_nothing_where_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    read_text(OPENED + LUNCH)

    assert list(tmp_path.iterdir()) == []
    assert Path.cwd() == tmp_path


def test_no_secret_of_the_environment_reaches_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MYAPP_DATABASE_URL", "postgresql://user:secret@host/db")
    monkeypatch.setattr(beancount, "PROCESS", Path(__file__).with_name("environment_process.py"))

    assert "MYAPP_DATABASE_URL" in os.environ
    assert "MYAPP_DATABASE_URL" not in refusal(OPENED).message


def test_the_extra_is_named_when_beancount_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beancount, "find_spec", {}.get)

    assert "pip install 'myapp[beancount]'" in refusal(OPENED).message
    with pytest.raises(JournalError):
        demo_journal()
