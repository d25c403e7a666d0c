"""transaction 5.1: what is left of a commit that failed, and of a hook that raised."""

from __future__ import annotations

import logging

import pytest
from transaction import TransactionManager
from transaction._transaction import Status
from transaction.interfaces import AlreadyInTransaction, NoTransaction, TransactionFailedError


class Refusing:
    """A data manager whose vote is no."""

    def __init__(self, manager: TransactionManager) -> None:
        self.transaction_manager = manager

    def tpc_vote(self, transaction: object) -> None:
        raise ZeroDivisionError

    def sortKey(self) -> str:
        return "~"

    def _nothing(self, transaction: object) -> None:
        """Take part without a word."""

    abort = tpc_begin = commit = tpc_finish = tpc_abort = _nothing


@pytest.fixture
def manager() -> TransactionManager:
    return TransactionManager(explicit=True)


def test_after_a_failed_commit_only_abort_helps(manager: TransactionManager) -> None:
    """A shell must abort after a commit that failed, or it is of no more use."""
    manager.begin().join(Refusing(manager))
    with pytest.raises(ZeroDivisionError):
        manager.commit()
    assert manager.get().status == Status.COMMITFAILED
    with pytest.raises(TransactionFailedError):
        manager.commit()
    with pytest.raises(AlreadyInTransaction):
        manager.begin()
    manager.abort()
    manager.begin()


def test_an_explicit_manager_has_no_transaction_that_nobody_began(manager: TransactionManager) -> None:
    """That is how `request.dbsession` knows that it comes too early or too late."""
    with pytest.raises(NoTransaction):
        manager.get()
    manager.begin()
    manager.commit()
    with pytest.raises(NoTransaction):
        manager.get()


def test_what_a_hook_after_commit_raises_is_logged_and_swallowed(
    manager: TransactionManager, caplog: pytest.LogCaptureFixture
) -> None:
    """`after_commit` promises just that."""

    def hook(committed: bool) -> None:
        raise ZeroDivisionError("in a hook")

    manager.begin().addAfterCommitHook(hook)
    with caplog.at_level(logging.ERROR):
        manager.commit()
    assert "in a hook" in caplog.text


def test_a_hook_after_commit_is_called_after_a_failure_too_and_told_of_it(
    manager: TransactionManager,
) -> None:
    """`after_commit` must ask before it calls."""
    told: list[bool] = []
    transaction = manager.begin()
    transaction.addAfterCommitHook(told.append)
    transaction.join(Refusing(manager))
    with pytest.raises(ZeroDivisionError):
        manager.commit()
    manager.abort()
    assert told == [False]
