"""Rules about lists: accounts, transactions, holds and statements, each with what narrows it."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.model import past
from tests.model.books import Entry
from tests.model.drawing import DAYS, NAMED, REFERENCES, TRIPS, known_assets, prefixes
from tests.model.machine import Machine
from tests.model.past import Receipt
from tests.model.spelling import as_sent, first_instant, last_instant, moment, query, written

statuses = st.sampled_from([None, "open", "captured", "voided", "expired"])
filters = st.fixed_dictionaries(
    {},
    optional={
        "account": st.sampled_from(NAMED),
        "asset": known_assets,
        "from": st.sampled_from(DAYS),
        "to": st.sampled_from(DAYS),
        "reference": st.sampled_from(REFERENCES),
        "metadata.trip": st.sampled_from(TRIPS),
        "order": st.sampled_from(["recorded", "effective"]),
    },
)


class ListRules(Machine):
    """Lists, each compared with a plain scan."""

    @rule(filters=filters)
    def look_at_transactions(self, filters: dict[str, str]) -> None:
        self.compare_transactions(filters)

    @rule(status=statuses, account=st.none() | st.sampled_from(NAMED))
    def look_at_holds(self, status: str | None, account: str | None) -> None:
        self.compare_holds(status, account)

    @rule(prefix=prefixes, status=st.sampled_from([None, "open", "frozen", "closed"]))
    def look_at_accounts(self, prefix: str | None, status: str | None) -> None:
        self.compare_accounts(prefix, status)

    @precondition(lambda self: self.books.accounts)
    @rule(data=st.data(), asset=known_assets, first=st.sampled_from(DAYS), last=st.sampled_from(DAYS))
    def look_at_a_statement(self, data: Any, asset: str, first: str, last: str) -> None:
        path = data.draw(st.sampled_from(sorted(self.books.accounts)))
        found = self.get(f"statement?limit=500{query(account=path, asset=asset)}&from={first}&to={last}")
        opening, lines, closing = past.statement(
            self.books, (path, asset), first_instant(first), last_instant(last)
        )
        assert (found["opening_balance"], found["closing_balance"]) == (
            written(opening, asset),
            written(closing, asset),
        )
        assert [(each["transaction_id"], each["amount"], each["balance"]) for each in found["data"]] == [
            (entry_id, written(amount, asset), written(balance, asset)) for entry_id, amount, balance in lines
        ]

    def compare_accounts(self, prefix: str | None = None, status: str | None = None) -> None:
        found = self.all_of(f"accounts?{query(prefix=prefix, status=status)}")
        expected = sorted(
            (path, account.status)
            for path, account in self.books.accounts.items()
            if path.startswith(prefix or "") and status in (None, account.status)
        )
        assert [(each["path"], each["status"]) for each in found] == expected

    def compare_transactions(self, filters: dict[str, str]) -> None:
        kept = [(entry, made) for entry, made in past.receipts(self.books) if keeps(entry, filters)]
        time = attrgetter("effective_at" if filters.get("order") == "effective" else "recorded_at")
        kept.sort(key=lambda each: (time(each[0]), each[0].id))
        found = self.all_of(f"transactions?{query(**filters)}")
        assert [summary(each) for each in found] == [self._expected(*each) for each in reversed(kept)]

    def _expected(self, entry: Entry, made: list[Receipt]) -> tuple[Any, ...]:
        postings = [
            (path, asset, written(amount, asset), written(balance, asset), version)
            for (path, asset, amount), balance, version in made
        ]
        metadata = {} if entry.trip is None else {"trip": entry.trip}
        links = entry.reverses, self.books.reversed_by(entry.id)
        return entry.id, entry.effective_at, entry.recorded_at, entry.reference, metadata, *links, postings

    def compare_holds(self, status: str | None, account: str | None) -> None:
        holds = self.books.holds
        expected = [
            (hold.id, holds.status(number), as_sent(hold.legs), as_sent(holds.left(number)), hold.captures)
            for number, hold in enumerate(holds.kept)
            if status in (None, holds.status(number))
            and (account is None or any(leg[0] == account for leg in hold.legs))
        ]
        found = self.all_of(f"holds?{query(status=status, account=account)}")
        names = ("id", "status", "postings", "remaining", "captures")
        assert [tuple(each[name] for name in names) for each in found] == expected[::-1]


def keeps(entry: Entry, filters: dict[str, str]) -> bool:
    """Tell whether a list with these filters has the transaction."""
    return (
        any(
            (filters.get("account", path), filters.get("asset", asset)) == (path, asset)
            for path, asset, _ in entry.legs
        )
        and filters.get("reference", entry.reference) == entry.reference
        and filters.get("metadata.trip", entry.trip) == entry.trip
        and ("from" not in filters or entry.effective_at >= first_instant(filters["from"]))
        and ("to" not in filters or entry.effective_at <= last_instant(filters["to"]))
    )


def summary(answer: dict[str, Any]) -> tuple[Any, ...]:
    names = ("reference", "metadata", "reverses", "reversed_by")
    times = moment(answer["effective_at"]), moment(answer["recorded_at"])
    postings = [
        tuple(each[name] for name in ("account", "asset", "amount", "balance", "version"))
        for each in answer["postings"]
    ]
    return answer["id"], *times, *(answer[name] for name in names), postings
