"""The plan of a write, against a simulation that applies one posting after another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from myapp.ledger.dates import day_of, month_of
from myapp.ledger.drafts import Entry, EntryPosting
from myapp.ledger.errors import AmountOutOfRange
from myapp.ledger.ids import new_id
from myapp.ledger.money import MINOR_MAX
from myapp.ledger.plan import PeriodDelta, Plan, PlannedPosting, Reached, plan

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# What of the plan is by day, and what by month.
BY_DAY = (day_of, lambda posting: posting.day, lambda planned: planned.days)
BY_MONTH = (month_of, lambda posting: posting.month, lambda planned: planned.months)
Key = tuple[str, str]

postings = st.builds(
    EntryPosting,
    st.sampled_from(["a", "b", "c"]),
    st.sampled_from(["USD", "EUR"]),
    st.integers(-50, 50).filter(bool),
)


def entry(postings: tuple[EntryPosting, ...], at: datetime = EPOCH) -> Entry:
    return Entry(new_id(), postings, "", None, at, {})


# Whether an entry balances is the rules' business; the plan must be right for any.
entries = st.lists(
    st.builds(
        entry,
        st.lists(postings, min_size=1, max_size=6).map(tuple),
        st.builds(
            lambda days, hours: EPOCH + timedelta(days=days, hours=hours),
            st.sampled_from([-40, -1, 0, 1, 30, 31]),
            st.integers(-24, 24),
        ),
    ),
    min_size=1,
    max_size=6,
)


@given(entries)
def test_a_balance_is_the_sum_of_its_postings(written: list[Entry]) -> None:
    debits: dict[Key, int] = defaultdict(int)
    credits_: dict[Key, int] = defaultdict(int)
    counts: dict[Key, int] = defaultdict(int)
    for each in written:
        for posting in each.postings:
            key = (posting.account, posting.asset)
            debits[key] += max(0, posting.amount_minor)
            credits_[key] += max(0, -posting.amount_minor)
            counts[key] += 1

    planned = plan(written).balances

    assert [(each.account, each.asset) for each in planned] == sorted(counts)
    assert [each.number for each in planned] == list(range(len(planned)))
    for each in planned:
        key = (each.account, each.asset)
        assert (each.debits, each.credits, each.postings) == (debits[key], credits_[key], counts[key])


@given(entries, st.integers(0, 1000), st.tuples(st.integers(0, 1000), st.integers(0, 1000)))
def test_versions_and_running_totals_count_back_from_the_row_after_the_write(
    written: list[Entry], version: int, before: tuple[int, int]
) -> None:
    versions: dict[Key, int] = defaultdict(lambda: version)
    totals: dict[Key, tuple[int, int]] = defaultdict(lambda: before)
    expected = []
    for each in written:
        for position, posting in enumerate(each.postings):
            key = (posting.account, posting.asset)
            versions[key] += 1
            amount, (debits, credits_) = posting.amount_minor, totals[key]
            totals[key] = (debits + max(0, amount), credits_ + max(0, -amount))
            expected.append((each.id, position, key, amount, versions[key], *totals[key]))

    found = []
    for posting in plan(written).postings:
        row = posting.balance
        after_version, (debits, credits_) = version + row.postings, before
        found.append(
            (
                written[posting.entry_number].id,
                posting.position,
                (row.account, row.asset),
                posting.amount,
                after_version - posting.later,
                debits + row.debits - posting.remaining_debits,
                credits_ + row.credits - posting.remaining_credits,
            )
        )
    assert found == expected


@pytest.mark.parametrize(("number", "reached", "deltas"), [BY_DAY, BY_MONTH])
@given(entries)
def test_what_a_period_was_after_each_posting_counts_back_from_its_row_after_the_write(
    number: Callable[[datetime], int],
    reached: Callable[[PlannedPosting], Reached],
    deltas: Callable[[Plan], Sequence[PeriodDelta]],
    written: list[Entry],
) -> None:
    totals: dict[tuple[str, str, int], tuple[int, int]] = defaultdict(lambda: (0, 0))
    expected = []
    for each in written:
        for posting in each.postings:
            key = (posting.account, posting.asset, number(each.effective_at))
            debits, credits_ = totals[key]
            amount = posting.amount_minor
            totals[key] = (debits + max(0, amount), credits_ + max(0, -amount))
            expected.append((key, *totals[key]))

    planned = plan(written)
    after = {(*key_of(each), each.period): each for each in deltas(planned)}
    assert {key: (row.debits, row.credits) for key, row in after.items()} == totals
    found = []
    for posting in planned.postings:
        left = reached(posting)
        key = (*key_of(left.delta), left.delta.period)
        row = after[key]
        found.append((key, row.debits - left.later_debits, row.credits - left.later_credits))
    assert found == expected


@pytest.mark.parametrize(("number", "reached", "deltas"), [BY_DAY, BY_MONTH])
@given(entries)
def test_a_period_goes_from_its_first_posting_to_its_last(
    number: Callable[[datetime], int],
    reached: Callable[[PlannedPosting], Reached],
    deltas: Callable[[Plan], Sequence[PeriodDelta]],
    written: list[Entry],
) -> None:
    planned = plan(written)
    places: dict[tuple[str, str, int], list[int]] = defaultdict(list)
    for posting in planned.postings:
        period = number(written[posting.entry_number].effective_at)
        assert reached(posting).delta.period == period
        key = (*key_of(reached(posting).delta), period)
        places[key].append(posting.balance.postings - posting.later)
    for each in deltas(planned):
        own, all_postings = places[(*key_of(each), each.period)], each.balance.postings
        assert (own[0], own[-1]) == (all_postings - each.after_first, all_postings - each.after_last)
    assert len(deltas(planned)) == len(places)


def key_of(delta: PeriodDelta) -> Key:
    return delta.balance.account, delta.balance.asset


@given(entries)
def test_the_extremes_are_the_lowest_and_highest_points_that_whole_transactions_reach(
    written: list[Entry],
) -> None:
    net: dict[Key, int] = defaultdict(int)
    fell: dict[Key, list[int]] = defaultdict(list)
    rose: dict[Key, list[int]] = defaultdict(list)
    for each in written:
        moved: dict[Key, int] = defaultdict(int)
        for posting in each.postings:
            moved[posting.account, posting.asset] += posting.amount_minor
        for key, amount in moved.items():
            net[key] += amount
            if amount < 0:
                fell[key].append(net[key])
            if amount > 0:
                rose[key].append(net[key])

    for balance in plan(written).balances:
        key = (balance.account, balance.asset)
        assert balance.lowest == min(fell[key], default=None)
        assert balance.highest == max(rose[key], default=None)


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (EPOCH, 0),
        (EPOCH - timedelta(microseconds=1), -1),
        (EPOCH + timedelta(days=1, microseconds=-1), 0),
        (EPOCH + timedelta(days=1), 1),
        (datetime.min.replace(tzinfo=UTC), -719_162),
    ],
)
def test_a_day_begins_at_midnight_utc_before_1970_too(moment: datetime, day: int) -> None:
    assert day_of(moment) == day


def test_a_total_beyond_64_bits_is_out_of_range() -> None:
    most = entry((EntryPosting("a", "USD", MINOR_MAX), EntryPosting("b", "USD", -MINOR_MAX)))
    back = entry((EntryPosting("a", "USD", -MINOR_MAX), EntryPosting("b", "USD", MINOR_MAX)))
    assert plan([most, back]).balances[0].net == 0
    with pytest.raises(AmountOutOfRange):
        plan([most, back, most])
