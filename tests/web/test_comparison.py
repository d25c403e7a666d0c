"""A section beside an earlier one: sub-totals, differences, and what is left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from myapp.ledger.reports.sections import Section
from myapp.ledger.views import AccountBalances
from myapp.web.comparison import LINES_MAX, Figure, added, part, telling

SCALES = {"USD": 2, "JPY": 0}
Balances = Mapping[str, Mapping[str, str]]


def section(balances: Balances) -> Section:
    data = [AccountBalances(account, amounts) for account, amounts in balances.items()]
    return Section("asset", data, added(*balances.values()))


def lines(balances: Balances, before: Balances | None = None) -> list[tuple[Any, ...]]:
    """Return each line of a section as its path, its level, and its figures without their names."""
    found = part(section(balances), None if before is None else section(before), SCALES)
    return [
        (line.branch.path, line.branch.level, *((f.asset, f.now, f.before, f.change) for f in line.figures))
        for line in found.lines
    ]


def test_a_branch_counts_what_is_below_it() -> None:
    accounts = {
        "a:x": {"USD": "1.00"},
        "a:x:y": {"USD": "2.00", "JPY": "5"},
        "a:z:w": {"USD": "-4.00"},
    }
    assert lines(accounts) == [
        ("a:x", 1, ("JPY", "5", None, None), ("USD", "3.00", None, None)),
        ("a:x:y", 2, ("JPY", "5", None, None), ("USD", "2.00", None, None)),
        ("a:z", 1, ("USD", "-4.00", None, None)),
        ("a:z:w", 2, ("USD", "-4.00", None, None)),
    ]


def test_what_all_have_in_common_is_a_line_only_if_it_is_an_account() -> None:
    assert [path for path, *_ in lines({"a": {"USD": "1.00"}, "a:b": {"USD": "1.00"}})] == ["a", "a:b"]
    assert [path for path, *_ in lines({"a:b": {"USD": "1.00"}, "c:d": {"USD": "1.00"}})] == [
        "a",
        "a:b",
        "c",
        "c:d",
    ]


def test_accounts_of_either_time_are_compared() -> None:
    assert lines({"a:new": {"USD": "1.50"}}, {"a:old": {"USD": "4.00"}}) == [
        ("a:new", 1, ("USD", "1.50", "0.00", "1.50")),
        ("a:old", 1, ("USD", "0.00", "4.00", "-4.00")),
    ]


def test_an_asset_that_is_zero_everywhere_is_left_out() -> None:
    accounts = {"a:x": {"USD": "1.00", "JPY": "0"}, "a:y": {"JPY": "0"}, "a:z": {"USD": "0.00"}}
    assert lines(accounts, {"a:x": {"JPY": "0"}}) == [
        ("a:x", 1, ("USD", "1.00", "0.00", "1.00")),
        ("a:z", 1, ("USD", "0.00", "0.00", "0.00")),
    ]
    assert [each.asset for each in part(section(accounts), None, SCALES).totals] == ["USD"]


def test_an_asset_that_was_there_before_stays() -> None:
    assert lines({"a:x": {"JPY": "0"}}, {"a:x": {"JPY": "7"}}) == [("a:x", 1, ("JPY", "0", "7", "-7"))]


def test_many_accounts_are_folded_and_the_totals_count_them() -> None:
    accounts = {f"a:{n % 3}:{n}": {"USD": "1.00"} for n in range(LINES_MAX)}
    found = part(section(accounts), None, SCALES)
    assert [line.branch.path for line in found.lines] == ["a:0", "a:1", "a:2"]
    assert found.left_out == LINES_MAX
    assert found.totals == [Figure("USD", f"{LINES_MAX}.00", None, None)]


def test_many_accounts_that_cannot_be_folded_are_cut_off() -> None:
    found = part(section({f"a{n}": {"USD": "1.00"} for n in range(LINES_MAX + 7)}), None, SCALES)
    assert (len(found.lines), found.left_out) == (LINES_MAX, 7)


def test_zeros_are_told_where_there_is_nothing_else() -> None:
    zero, some = Figure("JPY", "0", "0", "0"), Figure("USD", "0.00", "1.00", "-1.00")
    assert telling([zero, some]) == [some]
    assert telling([zero]) == [zero]


def test_large_sums_are_exact() -> None:
    most = "92233720368547758.07"
    (_, _, figure), *_ = lines({f"a:{n}": {"USD": most} for n in range(9)}, {"a:0": {"USD": "-" + most}})
    assert figure == ("USD", most, "-" + most, "184467440737095516.14")
    assert added(*[{"USD": most}] * 9) == {"USD": "830103483316929822.63"}
