"""The accounts of one type, as balance sheets and income statements show them, and the net income."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from myapp.ledger.money import format_amount
from myapp.ledger.reports.lines import Line, summed
from myapp.ledger.reports.table import Row
from myapp.ledger.rules import DEBIT_NORMAL
from myapp.ledger.views import AccountBalances

# The accounts of what was earned and spent; net income is the credit balance of all of them.
RESULT_TYPES = ("income", "expense")


@dataclass(frozen=True, slots=True)
class Section:
    """The accounts of a type with their totals, positive on the normal side of that type."""

    type: str
    data: Sequence[AccountBalances]
    totals: Mapping[str, str]


def section_of(lines: Iterable[Line], account_type: str, scales: Mapping[str, int]) -> Section:
    """Return the section of a type; the lines of other types are left out."""
    own = [line for line in lines if line.type == account_type]
    sign = 1 if account_type in DEBIT_NORMAL else -1
    amounts: dict[str, dict[str, str]] = {}
    for line in own:
        amount = format_amount(sign * line.net_minor, scales[line.asset])
        amounts.setdefault(line.account, {})[line.asset] = amount
    data = [AccountBalances(account, balances) for account, balances in amounts.items()]
    return Section(account_type, data, _shown(summed(own), scales, sign))


def net_income_of(lines: Iterable[Line], scales: Mapping[str, int]) -> dict[str, str]:
    """Return income minus expenses by asset, for the assets of either."""
    return _shown(summed(line for line in lines if line.type in RESULT_TYPES), scales, -1)


def _shown(sums: Mapping[str, int], scales: Mapping[str, int], sign: int) -> dict[str, str]:
    return {asset: format_amount(sign * minor, scales[asset]) for asset, minor in sums.items()}


def section_rows(sections: Iterable[Section], net_income: Mapping[str, str]) -> Iterator[Row]:
    """Yield the rows of a table: every account, then the net income, which has none."""
    for section in sections:
        for line in section.data:
            for asset, amount in line.balances.items():
                yield Row(section.type, line.account, asset, amount)
    for asset, amount in net_income.items():
        yield Row("net_income", "", asset, amount)
