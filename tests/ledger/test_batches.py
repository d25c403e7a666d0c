"""A batch is what its items are one after another: same results, same books; or, all or none, nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from myapp.db import SessionFactory, unit_of_work
from myapp.ledger import accounts, batches, idempotency, posting
from myapp.ledger.batches import Item, Posted
from myapp.ledger.books import open_book
from myapp.ledger.drafts import PostingDraft, TransactionDraft
from myapp.ledger.errors import AmountOutOfRange, LedgerError, ReferenceExists
from myapp.ledger.ids import new_id
from myapp.ledger.money import MINOR_MAX
from myapp.ledger.posting import Key
from myapp.ledger.transactions import as_first_answered
from myapp.ledger.views import TransactionView
from tests.ledger.books import (
    assert_unbroken,
    balance_rows,
    change,
    make_ledger,
    now,
    open_account,
    post,
    postings,
    transfer,
)
from tests.ledger.statements import recorded

# Two with limits, one that takes nothing, two that nobody has opened.
ACCOUNTS = ("assets:a", "liabilities:b", "equity:c", "assets:frozen", "income:new", "nowhere")
MOST = str(MINOR_MAX)


@dataclass(frozen=True)
class Asked:
    """An item as drawn: from, to, amount; perhaps back again; a reference and a key, of few."""

    source: str
    target: str
    amount: int
    back: int | None
    reference: str | None
    key: str | None

    def item(self) -> Item:
        legs = list(transfer(self.source, self.target, str(self.amount), "JPY").postings)
        if self.back is not None:
            legs += transfer(self.target, self.source, str(self.back), "JPY").postings
        draft = TransactionDraft(tuple(legs), reference=self.reference)
        return Item(draft, None if self.key is None else Key(self.key, repr(draft)))


names = st.sampled_from(ACCOUNTS[:3] * 5 + ACCOUNTS)
asked = st.builds(
    Asked,
    source=names,
    target=names,
    # Zero breaks a rule before the database is asked.
    amount=st.integers(0, 60) | st.sampled_from([10, 20]),
    back=st.none() | st.integers(1, 60),
    reference=st.none() | st.none() | st.sampled_from(["r", "s"]),
    key=st.none() | st.none() | st.sampled_from(["k", "l"]),
)
bounds = st.tuples(st.none() | st.integers(-60, 0), st.none() | st.integers(0, 60))


@settings(
    max_examples=40,
    deadline=None,
    # The database is shared by the examples on purpose: each one makes ledgers of its own in it.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    before=st.lists(asked, max_size=2),
    batch=st.lists(asked, min_size=1, max_size=8),
    first=bounds,
    second=bounds,
)
def test_a_batch_is_its_items_one_after_another(
    factory: SessionFactory,
    before: list[Asked],
    batch: list[Asked],
    first: tuple[int | None, int | None],
    second: tuple[int | None, int | None],
) -> None:
    alone, each, whole = (_books(factory, before, first, second) for _ in range(3))
    items = [each_.item() for each_ in batch]
    untouched = _everything(factory, whole)

    expected = [_post_alone(factory, alone, item) for item in items]
    found = [_shown(result, index) for index, result in enumerate(_post(factory, each, items))]
    assert found == expected
    assert _everything(factory, each) == _everything(factory, alone)

    refused = [index for index, result in enumerate(expected) if result[0] == "refused"]
    if refused:
        with pytest.raises(LedgerError) as raised:
            _post(factory, whole, items, batches.post_all)
        assert raised.value.members["index"] == refused[0]
        assert _shown(raised.value, refused[0]) == expected[refused[0]]
        assert _everything(factory, whole) == untouched
    else:
        results = _post(factory, whole, items, batches.post_all)
        assert [_shown(result, index) for index, result in enumerate(results)] == expected
        assert _everything(factory, whole) == _everything(factory, alone)


def _books(
    factory: SessionFactory,
    before: Sequence[Asked],
    first: tuple[int | None, int | None],
    second: tuple[int | None, int | None],
) -> str:
    ledger = f"books-{new_id()}"
    make_ledger(factory, ledger, JPY=0)
    for path, (lowest, highest) in zip(ACCOUNTS, (first, second), strict=False):
        open_account(factory, path, ledger, limits={"JPY": {"min": _text(lowest), "max": _text(highest)}})
    open_account(factory, "assets:frozen", ledger)
    change(factory, "assets:frozen", ledger, status="frozen")
    for each in before:
        _post_alone(factory, ledger, each.item())
    return ledger


def _text(bound: int | None) -> str | None:
    return None if bound is None else str(bound)


def _post_alone(factory: SessionFactory, ledger: str, item: Item) -> Any:
    """Post an item as a request of its own does."""
    try:
        with unit_of_work(factory) as session:
            view = posting.post(session, ledger, item.draft, now=now(), actor="test", key=item.key)
            if view is None and item.key is not None:
                book = open_book(session, ledger)
                remembered = idempotency.recall(session, book.id, item.key)
                assert remembered.txn_id is not None
                view = as_first_answered(session, book, remembered.txn_id)
            assert view is not None
            return _posted(view)
    except LedgerError as error:
        return _refused(error)


def _post(
    factory: SessionFactory,
    ledger: str,
    items: Sequence[batches.Asked],
    how: Callable[..., Sequence[batches.Result]] = batches.post_each,
) -> list[batches.Result]:
    with unit_of_work(factory) as session:
        return list(how(session, ledger, items, now=now(), actor="test"))


def _shown(result: batches.Result, index: int) -> Any:
    """Return a result in the form of `_post_alone`, once it says which item it is of."""
    if isinstance(result, Posted):
        assert result.status == 201
        return _posted(result.transaction)
    members = dict(result.members)
    assert members.pop("index") == index
    prefix = f"/transactions/{index}"
    assert result.pointer is None or result.pointer.startswith(prefix)
    pointer = None if result.pointer is None else result.pointer.removeprefix(prefix)
    return _refused(type(result)(result.detail, pointer=pointer, **members))


def _posted(view: TransactionView) -> Any:
    return "posted", view.reference, view.postings


def _refused(error: LedgerError) -> Any:
    # One names the header that held the key, the other the field.
    pointer = error.pointer if error.code != "idempotency_key_reused" else None
    return "refused", error.code, error.detail, pointer, error.members


def _everything(factory: SessionFactory, ledger: str) -> Any:
    with unit_of_work(factory) as session:
        assert_unbroken(session, ledger)
        open_ = accounts.listed(session, open_book(session, ledger), limit=100).items
        paths = [(each.path, each.status) for each in open_]
        return balance_rows(session, ledger), postings(session, ledger), paths


def test_an_item_may_need_what_an_earlier_one_brought_and_not_what_a_later_one_brings(
    factory: SessionFactory,
) -> None:
    make_ledger(factory)
    open_account(factory, "assets:till", limits={"USD": {"min": "0", "max": "10"}})
    bring, take = (
        Item(transfer("equity:x", "assets:till", "10")),
        Item(transfer("assets:till", "equity:x", "10")),
    )
    _post(factory, "books", [bring, take] * 20, batches.post_all)
    for wrong, index in (([take, bring], 0), ([bring, bring], 1), ([bring, take, take, bring], 2)):
        with pytest.raises(LedgerError) as raised:
            _post(factory, "books", [Item(each.draft) for each in wrong], batches.post_all)
        assert raised.value.members["index"] == index
    with unit_of_work(factory) as session:
        assert_unbroken(session)
        assert balance_rows(session)["assets:till", "USD"]["version"] == 40


def test_the_first_refusal_is_told_of_several_kinds(factory: SessionFactory) -> None:
    make_ledger(factory)
    open_account(factory, "assets:till", limits={"USD": {"min": "0"}})
    short = Item(transfer("assets:till", "equity:x", "1"))
    wrong = Item(TransactionDraft((PostingDraft("assets:till", "USD", "1"),)))
    fine = Item(transfer("equity:x", "assets:bank", "1"))
    for items, code, index in (
        ([fine, short, wrong], "insufficient_funds", 1),
        ([fine, wrong, short], "invalid_request", 1),
        ([fine, fine, AmountOutOfRange("…"), short], "amount_out_of_range", 2),
    ):
        with pytest.raises(LedgerError) as raised:
            _post(factory, "books", items, batches.post_all)
        assert (raised.value.code, raised.value.members["index"]) == (code, index)


def test_a_sum_beyond_64_bits_refuses_its_item_alone(factory: SessionFactory) -> None:
    make_ledger(factory, JPY=0)
    most = Item(transfer("equity:x", "assets:a", MOST, "JPY"))
    one, other = (Item(transfer("equity:x", path, "1", "JPY")) for path in ("assets:a", "assets:b"))
    with recorded(factory.engine) as sent:
        results = _post(factory, "books", [one, most, other, one])
    # Foreseen, so that the others were written at once.
    assert sum(each.startswith("SAVEPOINT") for each in sent) <= 2
    assert [getattr(each, "code", "posted") for each in results] == [
        "posted",
        "amount_out_of_range",
        "posted",
        "posted",
    ]
    with pytest.raises(AmountOutOfRange) as raised:
        _post(factory, "books", [one, other, most], batches.post_all)
    assert raised.value.members["index"] == 2


def test_a_refused_item_opens_no_account_and_the_others_open_theirs_once(factory: SessionFactory) -> None:
    make_ledger(factory)
    open_account(factory, "assets:empty", limits={"USD": {"min": "0"}})
    fine = [Item(transfer("income:new", "assets:new", "1")) for _ in range(3)]
    results = _post(factory, "books", [Item(transfer("assets:empty", "assets:never", "1")), *fine])
    assert [isinstance(each, Posted) for each in results] == [False, True, True, True]
    with unit_of_work(factory) as session:
        paths = {each.path for each in accounts.listed(session, open_book(session, "books"), limit=9).items}
    assert paths == {"assets:empty", "assets:new", "income:new"}


@pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)
@pytest.mark.parametrize("how", [batches.post_each, batches.post_all])
def test_a_reference_that_is_taken_at_the_last_moment_refuses_its_item_alone(
    factory: SessionFactory, how: Any
) -> None:
    # Taken once the batch has looked at the references, and before it writes what it then found good.
    make_ledger(factory)
    open_account(factory, "assets:empty", limits={"USD": {"min": "0"}})
    items = [
        Item(transfer("equity:x", "assets:a", "1")),
        Item(transfer("equity:x", "assets:a", "1", reference="late"), Key("key", "f")),
        Item(transfer("equity:x", "assets:a", "1")),
        Item(transfer("assets:empty", "equity:x", "1")),
    ]
    taken = []

    def take(conn: Any, cursor: Any, statement: str, parameters: Any, context: Any, executemany: Any) -> None:
        if statement.startswith("SELECT txn.reference") and not taken:
            taken.append(post(factory, transfer("equity:y", "assets:z", "1", reference="late")))

    event.listen(factory.engine, "after_cursor_execute", take)
    if how is batches.post_all:
        with pytest.raises(LedgerError) as raised:
            _post(factory, "books", items, how)
        assert raised.value.members["index"] == 3
        return
    results = _post(factory, "books", items, how)
    assert taken
    kinds = [type(each) for each in results]
    assert kinds[:3] == [Posted, ReferenceExists, Posted]
    # The key of the refused item is free.
    assert post(factory, transfer("equity:x", "assets:a", "1"), key=Key("key", "g")) is not None
    with unit_of_work(factory) as session:
        assert_unbroken(session)
